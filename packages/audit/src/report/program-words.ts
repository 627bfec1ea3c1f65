// What the repository builds and runs, in sentences: the first lines of every report.

import { count, counted } from '../detection/words.ts'
import { type BuiltProgram, SERVING_KINDS } from '../programs/contract.ts'
import type { AuditResult } from '../result/audit-result.ts'

/** Programs of one kind that are named; the others are counted. */
const NAMED = 3

/** The system in one sentence, what is judged apart in another, and what was not followed; empty for a run without an inventory. */
export function systemSentences(result: AuditResult): string[] {
  const { programs, unplaced, beside, registrations } = result.programs
  const serving = programs.filter(({ kind }) => SERVING_KINDS.includes(kind))
  const others = programs.filter(({ kind }) => !SERVING_KINDS.includes(kind))
  const sentences: string[] = []
  if (programs.length === 0 && unplaced === 0) return sentences
  if (serving.length === 0) {
    sentences.push(
      `Nothing here was found to answer requests or to work off jobs; ${counted(unplaced, 'file')} of no known program.`,
    )
  } else {
    const files = serving.reduce((sum, { files }) => sum + files, 0) + unplaced
    sentences.push(`${sentence(serving, result.root)}: ${counted(files, 'file')} of code that serves.`)
  }
  if (others.length > 0) sentences.push(`Judged apart, in no verdict: ${lowered(sentence(others, result.root))}.`)
  if (beside > 0)
    sentences.push(
      `${counted(beside, 'file')} of tests, migrations, scripts and examples judged by no rule about servers.`,
    )
  const lost = lostRegistrations(registrations)
  if (lost !== '') sentences.push(lost)
  return sentences
}

/** How many registrations of handlers led nowhere; '' when all could be followed. */
function lostRegistrations({ found, lost, examples }: AuditResult['programs']['registrations']): string {
  if (lost === 0) return ''
  const [first] = examples
  const example = first === undefined ? '' : `, for example ${first.label} at ${first.place.path}:${first.place.line}`
  return `${count(lost)} of ${counted(found + lost, 'route registration')} lead nowhere that could be followed${example}.`
}

function sentence(programs: readonly BuiltProgram[], root: string): string {
  const kinds = [...new Set(programs.map(({ kind }) => kind))]
  const parts = kinds.map((kind) => {
    const own = programs.filter((program) => program.kind === kind)
    const shown = own.slice(0, NAMED).map((program) => described(program, root, own.length > 1))
    const left = own.slice(NAMED)
    const more =
      left.length === 0
        ? []
        : [
            `${count(left.length)} more with ${counted(
              left.reduce((sum, { files }) => sum + files, 0),
              'file',
            )}`,
          ]
    return own.length === 1
      ? `${ARTICLES[kind]} ${shown[0]}`
      : `${count(own.length)} ${PLURALS[kind]} (${[...shown, ...more].join('; ')})`
  })
  const text = parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** `keep (FastAPI, 205 routes)`; among others of its kind without parentheses of its own. */
function described(
  { kind, name, folder, madeWith, files, routes, tasks, evidence }: BuiltProgram,
  root: string,
  isListed: boolean,
): string {
  const serves = SERVING_KINDS.includes(kind)
  const facts = [
    ...madeWith,
    ...(serves && routes > 0 ? [counted(routes, 'route')] : []),
    ...(serves && tasks > 0 ? [counted(tasks, 'task')] : []),
    ...(files > 0 && (!serves || isListed) ? [counted(files, 'file')] : []),
    ...(serves && routes === 0 && tasks === 0 ? [evidence[0]?.what ?? 'of unknown entry'] : []),
  ]
  const word = name || (folder === '' ? (serves ? root : '') : folder)
  const called = word === '' ? '' : `\`${word}\``
  if (called === '') return isListed ? facts.join(', ') : `(${facts.join(', ')})`
  return isListed ? `${called}: ${facts.join(', ')}` : `${called} (${facts.join(', ')})`
}

const ARTICLES: Readonly<Record<BuiltProgram['kind'], string>> = {
  server: 'a server',
  worker: 'a worker',
  'front end': 'a front end',
  'command line': 'a command line',
  library: 'a library',
  script: 'scripts',
  evaluation: 'an evaluation',
}
const PLURALS: Readonly<Record<BuiltProgram['kind'], string>> = {
  server: 'servers',
  worker: 'workers',
  'front end': 'front ends',
  'command line': 'command lines',
  library: 'libraries',
  script: 'scripts',
  evaluation: 'evaluations',
}
