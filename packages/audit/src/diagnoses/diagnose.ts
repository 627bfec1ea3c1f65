// Groups the findings of a run by cause, most harmful first.
import type { DecisionId } from '@footing/kernel'
import type { Severity } from '../detection/detection.ts'
import { withoutNameless } from '../detection/words.ts'
import type { Diagnosed, Diagnosis, DiagnosisId } from '../diagnosis/diagnosis.ts'
import { filesOf, placesOf } from '../diagnosis/extent.ts'
import type { Confidence, Place } from '../facts/place.ts'
import type { Finding } from '../findings/finding.ts'
import { impactOf } from '../findings/impact.ts'
import { compareFindings, compareText, severityRank } from '../findings/order.ts'
import type { Inventory } from '../programs/contract.ts'
import { diagnoses as catalogue } from './catalogue.ts'

/** A diagnosis as reports show it. */
export interface ToldDiagnosis {
  readonly id: DiagnosisId
  readonly decision: DecisionId
  readonly severity: Severity
  readonly confidence: Confidence
  readonly what: string
  readonly why: string
  readonly do: string
  /** Distinct places and files of the findings that its sentence counts. */
  readonly places: number
  readonly files: number
  /** Share of the recent commits that touch one of these files, 0 to 1; absent without history. */
  readonly changes?: number
  /** What it is ranked by; only its order means something. */
  readonly impact: number
  /** Where to begin: the most important place. */
  readonly first: Place
  /** Fingerprints of the findings that it explains, most important first. */
  readonly findings: readonly string[]
  /** Where it is told again by findings that stand for nothing of their own. */
  readonly repeated: readonly Place[]
  /** Diagnoses of this run to repair before. */
  readonly after: readonly DiagnosisId[]
}

/** What diagnosing needs beside the findings. */
export interface DiagnosingContext {
  readonly programs: Inventory
  readonly processes: string
  /** Share of the recent commits that touch one of these files; undefined without history. */
  changesOf(paths: ReadonlySet<string>): number | undefined
}

/** The diagnoses and the findings that are left: those told again elsewhere are gone. */
export interface Diagnosing {
  readonly diagnoses: readonly ToldDiagnosis[]
  readonly findings: readonly Finding[]
  /** How many those are. */
  readonly repeated: number
}

/** Explains findings. Those of trial rules, and those only named, are left alone. */
export function diagnose(findings: readonly Finding[], context: DiagnosingContext): Diagnosing {
  const left = new Set(findings.filter(({ trial, confidence }) => !trial && confidence !== 'possible'))
  const all = [...left]
  const repeated = new Set<Finding>()
  const found: { readonly diagnosis: Diagnosis; readonly diagnosed: Diagnosed }[] = []
  for (const diagnosis of catalogue) {
    const { programs, processes } = context
    for (const diagnosed of diagnosis.diagnose({ findings: [...left], all, programs, processes })) {
      found.push({ diagnosis, diagnosed })
      for (const finding of diagnosed.findings) left.delete(finding)
      for (const finding of diagnosed.repeated ?? []) {
        left.delete(finding)
        repeated.add(finding)
      }
    }
  }
  const here = new Set(found.map(({ diagnosis: { id } }) => id))
  const told = found.map(({ diagnosis, diagnosed }) => tell(diagnosis, diagnosed, here, context)).sort(compareTold)
  const of = new Map<Finding, { readonly id: DiagnosisId; readonly diagnosed: Diagnosed }>()
  for (const { diagnosis, diagnosed } of found)
    for (const finding of diagnosed.findings) of.set(finding, { id: diagnosis.id, diagnosed })
  return {
    diagnoses: inOrder(told),
    findings: findings.flatMap((finding) => {
      if (repeated.has(finding)) return []
      const own = of.get(finding)
      if (own === undefined) return [finding]
      const { message } = finding
      const advice = own.diagnosed.isOneRepair === true ? { ...message, do: own.diagnosed.do } : message
      return [{ ...finding, message: advice, diagnosis: own.id }]
    }),
    repeated: repeated.size,
  }
}

function tell(
  { id, decision, after }: Diagnosis,
  { what, why, do: repair, findings, repeated, counted }: Diagnosed,
  here: ReadonlySet<DiagnosisId>,
  context: DiagnosingContext,
): ToldDiagnosis {
  const all = [...findings, ...(repeated ?? [])].sort(compareFindings)
  const [first] = all as [Finding] // A diagnosis explains at least one finding.
  const paths = new Set(all.map(({ place }) => place.path))
  const changes = context.changesOf(paths)
  const definite = all.filter(({ confidence }) => confidence === 'definite').length
  return {
    id,
    decision,
    severity: first.severity,
    confidence: definite * 2 >= all.length ? 'definite' : 'probable',
    what: withoutNameless(what),
    why: withoutNameless(why),
    do: repair,
    places: placesOf(counted ?? all),
    files: filesOf(counted ?? all),
    ...(changes === undefined ? {} : { changes }),
    impact: impactOf(all, changes),
    first: first.place,
    findings: [...findings].sort(compareFindings).map(({ fingerprint }) => fingerprint),
    repeated: [...(repeated ?? [])].sort(compareFindings).map(({ place }) => place),
    after: (after ?? []).filter((other) => here.has(other)),
  }
}

function compareTold(a: ToldDiagnosis, b: ToldDiagnosis): number {
  return b.impact - a.impact || severityRank(a.severity) - severityRank(b.severity) || compareText(a.id, b.id)
}

/** By impact, and what another repair makes easier after that one. */
function inOrder(told: readonly ToldDiagnosis[]): ToldDiagnosis[] {
  const order: ToldDiagnosis[] = []
  const add = (one: ToldDiagnosis): void => {
    if (order.includes(one)) return
    for (const other of told) if (one.after.includes(other.id) && other !== one) add(other)
    if (!order.includes(one)) order.push(one)
  }
  for (const one of told) add(one)
  return order
}
