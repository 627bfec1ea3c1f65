// The baseline: findings that were there when a project began to look. It can only shrink.

import type { RuleId } from '../detection/detection.ts'
import { auditErrors } from '../settings/errors.ts'
import { compareText } from './order.ts'

/** Baseline entries that no finding matches any more: the baseline can shrink. */
export interface StaleEntry {
  readonly rule: RuleId
  readonly path: string
  readonly subject: string
  readonly fingerprint: string
}

/** A known finding. */
export interface BaselineEntry extends StaleEntry {
  readonly contentFingerprint: string
}

/** The file's content. */
export interface Baseline {
  readonly footingBaseline: 1
  readonly entries: readonly BaselineEntry[]
}

/** What a baseline says about the findings of a run. */
export interface BaselineMatch {
  /** Fingerprints of this run that the baseline knows. */
  readonly known: ReadonlySet<string>
  /** Entries that nothing matches any more. */
  readonly stale: readonly BaselineEntry[]
  /** Entries that still match, with the paths of today: what `--update-baseline` writes. */
  readonly kept: readonly BaselineEntry[]
}

/**
 * Matches findings with the baseline, one to one. An entry matches by its full fingerprint; one whose file holds no
 * such finding any more matches a finding of the same content elsewhere, so renamed and moved files keep their
 * entries. `ran` leaves entries of rules that did not run alone.
 */
export function matchBaseline(
  baseline: Baseline,
  findings: readonly BaselineEntry[],
  ran: ReadonlySet<string>,
  existingPaths: ReadonlySet<string>,
): BaselineMatch {
  const open = new Map<string, BaselineEntry[]>()
  for (const entry of baseline.entries) push(open, entry.fingerprint, entry)
  const kept: BaselineEntry[] = []
  const known = new Set<string>()
  const rest: BaselineEntry[] = []
  for (const finding of findings) {
    if (open.get(finding.fingerprint)?.pop() === undefined) rest.push(finding)
    else keep(finding)
  }
  const moved = new Map<string, BaselineEntry[]>()
  for (const entry of [...open.values()].flat()) {
    if (!existingPaths.has(entry.path)) push(moved, entry.contentFingerprint, entry)
  }
  for (const finding of rest) {
    const entry = moved.get(finding.contentFingerprint)?.pop()
    if (entry === undefined) continue
    open.get(entry.fingerprint)?.pop()
    keep(finding)
  }
  const left = [...open.values()].flat().sort(compareEntries)
  const untold = left.filter((entry) => !ran.has(entry.rule))
  return {
    known,
    stale: left.filter((entry) => ran.has(entry.rule)),
    kept: [...kept, ...untold].sort(compareEntries),
  }

  function keep(finding: BaselineEntry) {
    known.add(finding.fingerprint)
    kept.push(finding)
  }
}

/** The text of a baseline file: sorted, one entry a line, so that a review shows each that goes. */
export function formatBaseline(entries: readonly BaselineEntry[]): string {
  const lines = [...entries].sort(compareEntries).map((entry) => `    ${JSON.stringify(pick(entry))}`)
  const body = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`
  return `{\n  "footingBaseline": 1,\n  "entries": ${body}\n}\n`
}

/** Reads a baseline file's text; throws a coded error that names the file. */
export function parseBaseline(text: string, name: string): Baseline {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isBaseline(value)) return value
  throw auditErrors('audit-baseline-unreadable', { details: { file: name } })
}

function isBaseline(value: unknown): value is Baseline {
  if (typeof value !== 'object' || value === null) return false
  const { footingBaseline, entries } = value as { footingBaseline?: unknown; entries?: unknown } // Checked on the next lines.
  const fields = ['rule', 'path', 'subject', 'fingerprint', 'contentFingerprint'] as const
  return (
    footingBaseline === 1 &&
    Array.isArray(entries) &&
    entries.every((entry: unknown) => {
      if (typeof entry !== 'object' || entry === null) return false
      const record = entry as Record<string, unknown> // An object, checked just before.
      return fields.every((field) => typeof record[field] === 'string')
    })
  )
}

function pick(entry: BaselineEntry): BaselineEntry {
  const { rule, path, subject, fingerprint, contentFingerprint } = entry
  return { rule: rule as RuleId, path, subject, fingerprint, contentFingerprint }
}

function compareEntries(a: BaselineEntry, b: BaselineEntry): number {
  return compareText(a.path, b.path) || compareText(a.rule, b.rule) || compareText(a.fingerprint, b.fingerprint)
}

function push<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
