// The programs of a tree, one for each language in it: a rule never sees two languages at once.
import type { Facts } from '../extract/collect-facts.ts'
import { languageOf } from '../extract/languages.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import { type AnalysedProgram, buildProgram } from '../graph/build-program.ts'
import type { LanguageName, Rule, RuleResult } from '../rules/rule.ts'

/** A program with the trees that it was built from, at the ids of its modules. */
export interface ProgramOfLanguage {
  readonly language: LanguageName
  readonly program: AnalysedProgram
  readonly trees: readonly SyntaxTree[]
}

const NAMES: Readonly<Record<LanguageName, string>> = { python: 'Python', typescript: 'TypeScript and JavaScript' }

/** Builds one program for each language that has files; Python first. */
export function programsOf(facts: Facts): ProgramOfLanguage[] {
  const python = facts.trees.filter((tree) => languageOf(tree.path)?.name !== 'typescript')
  const typescript = facts.trees.filter((tree) => languageOf(tree.path)?.name === 'typescript')
  const programs: ProgramOfLanguage[] = []
  if (python.length > 0) programs.push({ language: 'python', program: buildProgram(python), trees: python })
  if (typescript.length > 0) {
    const program = buildProgram(typescript, { paths: facts.paths, manifests: facts.manifests })
    programs.push({ language: 'typescript', program, trees: typescript })
  }
  return programs
}

/** Runs a rule on each program that it can judge; says so when there is one that it cannot. */
export function runOnEach(
  rule: Rule,
  programs: readonly ProgramOfLanguage[],
  run: (program: ProgramOfLanguage) => RuleResult,
): RuleResult {
  const able = rule.languages ?? ['python']
  const judged = programs.filter(({ language }) => able.includes(language))
  const results = (rule.once === true ? judged.slice(0, 1) : judged).map(run)
  const left = programs.filter(({ language }) => !able.includes(language))
  const counted = results.find(({ examined }) => examined.count > 0) ?? results[0]
  const told = results.flatMap(({ couldNotTell }) => couldNotTell ?? [])
  // A rule of another language has nothing to say of a Python tree; that is no gap in the audit of it.
  if (able.includes('python')) told.push(...left.map(notJudged))
  return {
    detections: results.flatMap(({ detections }) => detections),
    examined: {
      count: results.reduce((sum, { examined }) => sum + examined.count, 0),
      of: counted?.examined.of ?? 'files',
    },
    ...(told.length === 0 ? {} : { couldNotTell: told.join(' ') }),
  }
}

function notJudged({ language, trees }: ProgramOfLanguage): string {
  const files = `${trees.length.toLocaleString('en')} ${trees.length === 1 ? 'file' : 'files'}`
  return `This rule does not read ${NAMES[language]}: ${files} not judged.`
}
