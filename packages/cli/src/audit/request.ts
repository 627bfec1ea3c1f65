// What `footing audit` was asked for, checked: every value that is not understood stops the run with a remedy.
import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { AuditOptions, DiagnosisDescription, Format, RuleDescription, Severity } from '@footing/audit'
import { readTextFile, refusalWords, repositoryOf } from '@footing/audit/repository'
import type { DecisionId } from '@footing/kernel'
import { decisions } from '@footing/kernel'
import { cacheFolder } from '../command/cache-folder.ts'
import type { CommandContext, OptionValue } from '../command/command.ts'

type Auditor = typeof import('@footing/audit')

/** One report to write. */
export interface Output {
  readonly format: Format
  /** Absolute file, or undefined for stdout. */
  readonly file: string | undefined
}

/** A checked request. */
export interface AuditRequest {
  readonly options: AuditOptions
  readonly outputs: readonly Output[]
  readonly failOn: Severity
  readonly exitZero: boolean
  /** File to write, when asked for. */
  readonly updateBaseline: string | undefined
  /** The rule or diagnosis to explain instead of auditing. */
  readonly explain: RuleDescription | DiagnosisDescription | undefined
}

/** Reads the parsed command line. @throws FootingError for what the user can repair */
export async function readRequest(context: CommandContext, auditor: Auditor): Promise<AuditRequest> {
  const { options, cwd } = context
  const explain = text(options.explain)
  const root = resolve(cwd, typeof context.args.path === 'string' ? context.args.path : '.')
  if (explain === undefined && !isFolder(root))
    throw auditor.auditErrors('audit-root-missing', { details: { path: root } })
  if (explain === undefined) await mustBeReadable(root, auditor)
  const baselineFile =
    text(options.baseline) ?? (options.updateBaseline === true ? join(root, '.footing-baseline.json') : undefined)
  const baselinePath = baselineFile === undefined ? undefined : resolve(cwd, baselineFile)
  return {
    options: {
      root,
      settings: explain === undefined ? await settings(context, root, auditor) : auditor.DEFAULT_SETTINGS,
      minConfidence: choice(options.minConfidence, auditor.CONFIDENCES, 'probable'),
      cache: options.cache === false ? false : cacheFolder(context.env),
      history: options.history !== false,
      ...only(options.only, auditor),
      ...baseline(
        baselinePath,
        options.updateBaseline === true,
        auditor,
        text(options.baseline) !== undefined ? undefined : root,
      ),
    },
    outputs: outputs(context, auditor),
    failOn: choice(options.failOn, auditor.SEVERITIES, 'high'),
    exitZero: options.exitZero === true,
    updateBaseline: options.updateBaseline === true ? baselinePath : undefined,
    explain: explain === undefined ? undefined : (findDiagnosis(explain, auditor) ?? findRule(explain, auditor)),
  }
}

async function mustBeReadable(root: string, auditor: Auditor): Promise<void> {
  try {
    await readdir(root)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw auditor.auditErrors('audit-root-unreadable', { details: { path: root, reason }, cause })
  }
}

async function settings(context: CommandContext, root: string, auditor: Auditor) {
  const named = text(context.options.config)
  const found = named === undefined ? auditor.findSettings(root) : undefined
  const file = named === undefined ? found : resolve(context.cwd, named)
  if (file === undefined) return auditor.DEFAULT_SETTINGS
  const read = await auditor.readSettings(file, found === undefined ? undefined : repositoryOf(dirname(found)))
  for (const rule of Object.keys(read.rules)) findRule(rule, auditor)
  return read
}

function findDiagnosis(id: string, auditor: Auditor): DiagnosisDescription | undefined {
  const all = auditor.describeDiagnoses()
  return all.find((one) => one.id === id) ?? only1(all.filter((one) => one.id.endsWith(`/${id}`)))
}

function findRule(id: string, auditor: Auditor): RuleDescription {
  const rules = auditor.describeRules()
  const exact = rules.find((rule) => rule.id === id) ?? only1(rules.filter((rule) => rule.id.endsWith(`/${id}`)))
  if (exact !== undefined) return exact
  const near = nearest(
    id,
    rules.flatMap((rule) => [rule.id, rule.id.slice(rule.id.indexOf('/') + 1)]),
  )
  const hint = near === undefined ? `Rules are ${rules.map((rule) => rule.id).join(', ')}.` : `Did you mean ${near}?`
  throw auditor.auditErrors('audit-unknown-rule', { details: { rule: id, hint } })
}

function only(value: OptionValue, auditor: Auditor): { only?: readonly DecisionId[] } {
  const given = listed(value)
  if (given.length === 0) return {}
  const ids = decisions.map((decision) => decision.id)
  return {
    only: given.map((word) => {
      const id = ids.find((known) => known === word)
      if (id !== undefined) return id
      const near = nearest(word, ids)
      throw auditor.auditErrors('audit-option-wrong', {
        details: {
          problem: `${word} is no decision.`,
          remedy: near === undefined ? `Decisions are ${ids.join(', ')}.` : `Did you mean ${near}?`,
        },
      })
    }),
  }
}

/** A hundred thousand findings, in bytes. */
const largestBaseline = 32 << 20

// A baseline that nobody named is one of the audited repository, and it is written where it was read.
function baseline(
  file: string | undefined,
  updating: boolean,
  auditor: Auditor,
  root: string | undefined,
): Pick<AuditOptions, 'baseline'> {
  if (file === undefined) return {}
  const read = readTextFile(file, {
    limit: largestBaseline,
    ...(root === undefined ? {} : { tree: repositoryOf(root) }),
  })
  if ('text' in read) return { baseline: auditor.parseBaseline(read.text, file) }
  const missing = read.refused === 'missing'
  if (updating && missing) return {}
  throw auditor.auditErrors('audit-option-wrong', {
    details: {
      problem: missing ? `There is no baseline ${file}.` : `The baseline ${file} ${refusalWords[read.refused]}.`,
      remedy: 'Write one by adding --update-baseline to the same command.',
    },
  })
}

function outputs({ options, cwd, terminal }: CommandContext, auditor: Auditor): Output[] {
  const known = Object.keys(auditor.reporters)
  const formats = listed(options.format)
  const files = listed(options.output)
  const asFormat = (word: string): Format => {
    if (known.includes(word)) return word as Format // The keys of `reporters` are the formats.
    const near = nearest(word, known)
    throw auditor.auditErrors('audit-option-wrong', {
      details: {
        problem: `${word} is no format.`,
        remedy: near === undefined ? `Formats are ${known.join(', ')}.` : `Did you mean ${near}?`,
      },
    })
  }
  const wanted = formats.length > 0 ? formats.map(asFormat) : [defaultFormat(terminal.wantsJson)]
  const named = new Map<Format, string>()
  const inOrder: string[] = []
  for (const file of files) {
    const equals = file.indexOf('=')
    if (equals > 0 && known.includes(file.slice(0, equals)))
      named.set(asFormat(file.slice(0, equals)), file.slice(equals + 1))
    else inOrder.push(file)
  }
  const result: Output[] = wanted.map((format) => {
    const file = named.get(format) ?? inOrder.shift()
    return { format, file: file === undefined || file === '-' ? undefined : resolve(cwd, file) }
  })
  for (const [format, file] of named)
    if (!wanted.includes(format)) result.push({ format, file: file === '-' ? undefined : resolve(cwd, file) })
  const toStdout = result.filter(({ file }) => file === undefined)
  if (toStdout.length > 1) {
    throw auditor.auditErrors('audit-option-wrong', {
      details: {
        problem: `${toStdout.map(({ format }) => format).join(' and ')} would both go to stdout.`,
        remedy: 'Give files: `--output json=audit.json --output sarif=audit.sarif`.',
      },
    })
  }
  if (inOrder.length > 0) {
    throw auditor.auditErrors('audit-option-wrong', {
      details: {
        problem: `There are more files than formats: ${inOrder.join(', ')}.`,
        remedy: 'Give one --output for each --format.',
      },
    })
  }
  return result
}

function defaultFormat(json: boolean): Format {
  return json ? 'json' : 'terminal'
}

function choice<Value extends string>(given: OptionValue, known: readonly Value[], fallback: Value): Value {
  return known.find((value) => value === given) ?? fallback
}

function text(value: OptionValue): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Words of an option that may be repeated and joined by commas. */
export function listed(value: OptionValue): readonly string[] {
  const words = Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
  return words.flatMap((word: string) => word.split(',')).filter((word) => word !== '')
}

function only1<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined
}

/** The known word at an edit distance of at most a third of its length, or undefined. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((other) => ({ other, distance: distance(word.slice(0, 60), other) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= Math.max(2, Math.floor(best.other.length / 3)) ? best.other : undefined
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same))
    }
    row = next
  }
  return row[b.length] ?? 0
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
