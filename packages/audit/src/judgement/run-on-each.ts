// Runs a rule on the programs of the languages that it reads, and says of the others that nobody looked.
import { counted } from '../detection/words.ts'
import type { LanguageName } from '../facts/language-name.ts'
import type { ProgramOfLanguage } from '../graph/program/programs.ts'
import type { Rule, RuleContext, RuleResult } from '../rule/rule.ts'

const NAMES: Readonly<Record<LanguageName, string>> = { python: 'Python', typescript: 'TypeScript and JavaScript' }

/** Runs a rule on each program that it reads; says so when there is one that it does not. */
export function runOnEach(
  rule: Rule,
  programs: readonly ProgramOfLanguage[],
  contextOf: (program: ProgramOfLanguage) => RuleContext,
): RuleResult {
  const read = programs.flatMap((program) => {
    const judge = rule.judges[program.language]
    return judge === undefined ? [] : [() => judge(contextOf(program))]
  })
  const results = (rule.once === true ? read.slice(0, 1) : read).map((judge) => judge())
  const left = programs.filter(({ language }) => rule.judges[language] === undefined)
  const counted = results.find(({ examined }) => examined.count > 0) ?? results[0]
  const told = results.flatMap(({ couldNotTell }) => couldNotTell ?? [])
  // A rule of another language has nothing to say of a Python tree; that is no gap in the audit of it.
  if (rule.judges.python !== undefined) told.push(...left.map(notJudged))
  const assurances = results.flatMap(({ assurance }) => assurance ?? [])
  return {
    detections: results.flatMap(({ detections }) => detections),
    examined: {
      count: results.reduce((sum, { examined }) => sum + examined.count, 0),
      of: counted?.examined.of ?? 'files',
    },
    ...(told.length === 0 ? {} : { couldNotTell: told.join(' ') }),
    ...(assurances.length === 0 ? {} : { assurance: assurances.join(', ') }),
  }
}

function notJudged({ language, trees }: ProgramOfLanguage): string {
  return `This rule does not read ${NAMES[language]}: ${counted(trees.length, 'file')} not judged.`
}
