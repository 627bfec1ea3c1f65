// The audit: facts, program, rules, findings, scorecard and plan of one folder. It prints nothing and runs nothing it reads.
import { basename, resolve } from 'node:path'
import type { DecisionId } from '@footing/kernel'
import type { RuleId } from './detection/detection.ts'
import { diagnose, type ToldDiagnosis } from './diagnoses/diagnose.ts'
import { SourceTree } from './discover/source-tree.ts'
import { collectFacts, type Facts } from './extract/collect-facts.ts'
import { gatherConfig } from './extract/config/read-config.ts'
import type { History } from './extract/git/contract.ts'
import { readHistory } from './extract/git/read-history.ts'
import { languageOf } from './extract/languages.ts'
import type { LanguageName } from './facts/language-name.ts'
import type { Confidence } from './facts/place.ts'
import { type Baseline, type BaselineMatch, matchBaseline } from './findings/baseline.ts'
import { collectFindings, type RuleOutcome, withExcerpts } from './findings/collect-findings.ts'
import type { ApartFinding, Finding } from './findings/finding.ts'
import { confidenceRank, orderFindings } from './findings/order.ts'
import { readSuppressions } from './findings/read-suppressions.ts'
import { Suppressions } from './findings/suppression.ts'
import { adviseOnce } from './findings/whole-repair.ts'
import { type Case, type Judgement, judge } from './judgement/judge.ts'
import { caseKey, judgementFile, keepJudgement, recallJudgement } from './judgement/judgement-cache.ts'
import { toolVersion } from './judgement/tool-version.ts'
import { causesInOrder } from './plan/cause-order.ts'
import { addEfforts } from './plan/effort.ts'
import { makePlan, type PlanContext, type PlanItem } from './plan/plan.ts'
import { SERVING_KINDS } from './programs/contract.ts'
import type { AuditResult, CostedDiagnosis, Coverage } from './result/audit-result.ts'
import { commentRules } from './rule/comment-rules.ts'
import type { Rule, RuleDescription, RuleResult } from './rule/rule.ts'
import { rules as catalogue } from './rules/index.generated.ts'
import { rulePage } from './rules/rule-page.ts'
import { makeScorecard, type Reach, type RuleEvidence, UNKNOWN_REACH } from './scorecard/scorecard.ts'
import { auditErrors } from './settings/errors.ts'
import { type AuditSettings, DEFAULT_SETTINGS } from './settings/settings.ts'

/** What is going on, for a progress line. */
export interface AuditProgress {
  readonly step: 'reading' | 'linking' | 'judging'
  /** Files read so far of those seen, or rules run so far of those to run. */
  readonly done: number
  readonly total: number
}

/** How to audit. */
export interface AuditOptions {
  /** Folder to audit, absolute or relative to the working directory. */
  readonly root: string
  /** Judge these decisions only. */
  readonly only?: readonly DecisionId[]
  /** Judge by these rules only. */
  readonly rules?: readonly RuleId[]
  /** Read these languages only. */
  readonly languages?: readonly LanguageName[]
  /** Surest confidence that is left out is the one below this; `probable` unless given. */
  readonly minConfidence?: Confidence
  readonly settings?: AuditSettings
  /** Folder of the cache, or false for none. */
  readonly cache?: string | false
  readonly baseline?: Baseline
  /** False leaves git alone. */
  readonly history?: boolean
  /** Threads that read files; 1 reads in this one. Decided by the size of the tree unless given. */
  readonly threads?: number
  readonly onProgress?: (progress: AuditProgress) => void
  readonly signal?: AbortSignal
}

/**
 * Audits a folder. The same tree gives the same result, whatever the order of its files, the machine or the cache.
 * @throws FootingError `audit-root-missing`, `audit-nothing-to-read`
 */
export async function audit(options: AuditOptions): Promise<AuditResult> {
  const root = resolve(options.root)
  const settings = options.settings ?? DEFAULT_SETTINGS
  const [facts, history] = await Promise.all([readFacts(root, settings, options), readHistoryOf(root, options)])
  options.signal?.throwIfAborted()
  if (facts.trees.length === 0) throw nothingToRead(root, facts)
  const source = new SourceTree(root)
  const config = gatherConfig({ paths: facts.paths, read: (path) => source.read(path) })
  const given: Case = {
    facts,
    config,
    history,
    settings,
    rules: selectRules(options, settings),
    takesInventory: options.rules === undefined,
  }
  return report(judgeOnce(given, root, options), given, source, root, options)
}

/** The judgement of the last run when nothing that it depends on has changed, else a new one. */
function judgeOnce(given: Case, root: string, options: AuditOptions): Judgement {
  const judgeNow = () =>
    judge(given, (step, done, total) => options.onProgress?.({ step, done, total }), options.signal)
  const folder = options.cache ?? false
  if (folder === false) return judgeNow()
  // A check and an audit of one folder each keep their own.
  const file = judgementFile(folder, [root, ...(options.rules ?? [])].join('\0'))
  const key = caseKey(given)
  const known = recallJudgement(file, key)
  if (known !== undefined) return known
  const judgement = judgeNow()
  keepJudgement(file, folder, key, judgement)
  return judgement
}

/** The rules of the catalogue with their pages, by id. */
export function describeRules(): RuleDescription[] {
  const described = catalogue.map(({ id, summary, severity, effort, trial }) => ({
    id,
    summary,
    severity,
    effort,
    trial,
    page: rulePage(id),
  }))
  return [...described, ...commentRules].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function readFacts(root: string, settings: AuditSettings, options: AuditOptions): Promise<Facts> {
  return collectFacts({
    root,
    exclude: settings.exclude,
    languages: options.languages,
    cache: options.cache ?? false,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onProgress: (done, total) => options.onProgress?.({ step: 'reading', done, total }),
  })
}

async function readHistoryOf(root: string, options: AuditOptions): Promise<History> {
  if (options.history !== false) return readHistory(root, undefined, options.signal)
  const { noHistory } = await import('./extract/git/history.ts')
  return noHistory('left out, as asked')
}

function selectRules({ only, rules }: AuditOptions, settings: AuditSettings): Rule[] {
  return catalogue.filter(
    (rule) =>
      settings.rules[rule.id] !== 'off' &&
      (only === undefined || only.includes(rule.decision)) &&
      (rules === undefined || rules.includes(rule.id)),
  )
}

function report(
  judgement: Judgement,
  given: Case,
  source: SourceTree,
  root: string,
  options: AuditOptions,
): AuditResult {
  const { facts, history, settings } = given
  const outcomes = given.rules.map((rule): RuleOutcome => ({ rule, result: judgement.results[rule.id] ?? nothing }))
  const known = new Set<string>([...catalogue, ...commentRules].map((rule) => rule.id))
  const places = outcomes.flatMap(({ result }) => result.detections.map(({ place }) => place.path))
  const suppressions = new Suppressions(readSuppressions(facts.trees, places, source))
  const all = adviseOnce(collectFindings(outcomes, suppressions, settings, known))
  const least = confidenceRank(options.minConfidence ?? 'probable')
  const visible = all.filter((finding) => confidenceRank(finding.confidence) <= least)
  const match =
    options.baseline === undefined ? undefined : baselineMatch(options.baseline, visible, outcomes, facts.paths)
  const marked = visible.map((finding) =>
    match?.known.has(finding.fingerprint) === true && finding.silence === undefined
      ? { ...finding, silence: { by: 'baseline' as const, reason: 'known from the baseline' } }
      : finding,
  )
  const { diagnoses, findings, repeated } = diagnose(
    marked.filter((finding) => finding.silence === undefined),
    { programs: judgement.inventory, processes: judgement.processes, changesOf: changesOf(history) },
  )
  const planning = planningOf(judgement, history)
  const rough = makePlan(findings, planning)
  const costed = withEfforts(diagnoses, rough)
  const causes = causesInOrder(costed, findings, rough).map((cause) => ('rule' in cause ? cause.rule : cause.id))
  const open = orderFindings(findings, causes)
  const debt = marked.filter((finding) => finding.silence?.by !== 'comment')
  const used = new Set(marked.map((finding) => finding.rule))
  const plan = makePlan(open, planning, causes)
  const evidence = outcomes.map((outcome) => evidenceOf(outcome, all))
  const read = (path: string, line: number) => source.excerpt(path, line)
  return {
    schemaVersion: 1,
    tool: { name: 'footing', version: toolVersion() },
    root: basename(root),
    findings: withExcerpts(open, read),
    silenced: withExcerpts(
      marked.filter((finding) => finding.silence !== undefined),
      read,
    ),
    scorecard: makeScorecard(debt, evidence, reachOf(judgement, given), causesOfWeight(diagnoses)).filter(
      (score) => options.only?.includes(score.decision) ?? true,
    ),
    diagnoses: costed,
    plan,
    effort: addEfforts(plan.map((item) => item.effort).filter((effort) => effort !== undefined)),
    coverage: coverageOf(given, judgement, all.length - visible.length, repeated),
    rules: describeRules().filter((rule) => used.has(rule.id)),
    baseline:
      match === undefined
        ? undefined
        : {
            known: match.known.size,
            stale: match.stale.map(({ rule, path, subject, fingerprint }) => ({ rule, path, subject, fingerprint })),
            kept: match.kept,
          },
    ...(history.head === '' ? {} : { revision: { commit: history.head, date: dateOf(history.newest) } }),
    programs: judgement.inventory,
    apart: apartFindings(judgement, suppressions),
    structure: judgement.structure,
    ...(judgement.boundaries === undefined ? {} : { boundaries: judgement.boundaries }),
  }
}

/** What was found in programs that serve nobody, where no comment allows it. */
function apartFindings(judgement: Judgement, suppressions: Suppressions): ApartFinding[] {
  return judgement.apart.flatMap(({ rule, program, detection }): ApartFinding[] => {
    if (detection.confidence === 'possible' || suppressions.reasonFor(rule, detection) !== undefined) return []
    const usual = catalogue.find((one) => one.id === rule)?.severity ?? 'low'
    return [
      { rule, program, place: detection.place, severity: detection.severity ?? usual, what: detection.message.what },
    ]
  })
}

/** What the plan asks: how long a rule's repair takes, and what lies around a place. */
function planningOf(judgement: Judgement, history: History): PlanContext {
  const tested = new Set(judgement.tested)
  const efforts = new Map([...catalogue, ...commentRules].map((rule) => [rule.id as string, rule.effort]))
  return {
    effortOf: (rule) => efforts.get(rule) ?? { minutes: 0, per: 'report' },
    around: (path) => ({
      untested: languageOf(path) !== undefined && !tested.has(path),
      hotspot: history.isHotspot(path),
    }),
  }
}

/** Diagnoses with what it takes to repair the findings that they explain. */
function withEfforts(diagnoses: readonly ToldDiagnosis[], plan: readonly PlanItem[]): CostedDiagnosis[] {
  return diagnoses.map((diagnosis) => {
    const wanted = new Set(diagnosis.findings)
    const efforts = plan.flatMap(({ fingerprints, effort }) =>
      effort !== undefined && fingerprints.some((print) => wanted.has(print)) ? [effort] : [],
    )
    return efforts.length === 0 ? diagnosis : { ...diagnosis, effort: addEfforts(efforts) }
  })
}

/** The day of a moment, as `2026-08-21`. */
const dateOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10)

/** How far the audit could follow what serves. */
function reachOf({ inventory }: Judgement, { takesInventory }: Case): Reach {
  if (!takesInventory) return UNKNOWN_REACH
  const serving = inventory.programs.filter(({ kind }) => SERVING_KINDS.includes(kind))
  const { found, lost } = inventory.registrations
  return {
    isKnown: true,
    files: serving.reduce((sum, { files }) => sum + files, inventory.unplaced),
    programs: serving.length,
    entries: found + serving.reduce((sum, { tasks }) => sum + tasks, 0),
    found,
    lost,
  }
}

/** What the most harmful diagnosis of each decision says, of those that weigh. */
function causesOfWeight(diagnoses: readonly ToldDiagnosis[]): ReadonlyMap<DecisionId, string> {
  return new Map(
    diagnoses
      .filter(({ severity }) => severity !== 'low' && severity !== 'info')
      .sort((a, b) => a.impact - b.impact)
      .map(({ decision, what }) => [decision, what]),
  )
}

/** Newest commits that tell what is being changed. */
const RECENT = 1000

/** Share of the recent commits that touch one of some files. */
function changesOf(history: History): (paths: ReadonlySet<string>) => number | undefined {
  const recent = history.changes.slice(0, RECENT)
  return (paths) =>
    history.enough ? recent.filter((files) => files.some((file) => paths.has(file))).length / recent.length : undefined
}

const nothing: RuleResult = { detections: [], examined: { count: 0, of: 'things' } }

/** Findings that a baseline may know: what would fail a build otherwise. */
export function baselineEntries(findings: readonly Finding[]) {
  return findings.map(({ rule, place, subject, fingerprint, contentFingerprint }) => ({
    rule,
    path: place.path,
    subject,
    fingerprint,
    contentFingerprint,
  }))
}

function baselineMatch(
  baseline: Baseline,
  findings: readonly Finding[],
  outcomes: readonly RuleOutcome[],
  paths: readonly string[],
): BaselineMatch {
  const ran = new Set<string>([...outcomes.map(({ rule }) => rule.id), ...commentRules.map((rule) => rule.id)])
  const open = findings.filter((finding) => finding.silence === undefined)
  return matchBaseline(baseline, baselineEntries(open), ran, new Set(paths))
}

function evidenceOf({ rule, result }: RuleOutcome, findings: readonly Finding[]): RuleEvidence {
  const own = findings.filter((finding) => finding.rule === rule.id && finding.silence?.by !== 'comment')
  const sure = own.filter((finding) => finding.confidence !== 'possible')
  return {
    rule: rule.id,
    summary: rule.summary,
    severity: rule.severity,
    trial: rule.trial,
    flagged: new Set(sure.map(({ place }) => `${place.path}:${place.line}`)).size,
    examined: result.examined.count,
    of: result.examined.of,
    heldBack: own.length - sure.length,
    ...(result.couldNotTell === undefined ? {} : { couldNotTell: result.couldNotTell }),
    ...assuranceOf({ rule, result }, own.length === 0),
  }
}

/** What speaks for the decision: what the rule saw, or what its silence says; else what would. */
function assuranceOf(
  { rule, result }: RuleOutcome,
  isSilent: boolean,
): Pick<RuleEvidence, 'assurance' | 'wouldAssure'> {
  if (result.assurance !== undefined) return { assurance: result.assurance }
  if (rule.assures === undefined || rule.trial) return {}
  const isAssured = isSilent && result.examined.count >= rule.assures.from
  return isAssured ? { assurance: rule.assures.says } : { wouldAssure: rule.assures.says }
}

function nothingToRead(root: string, facts: Facts) {
  const [first] = facts.unparsed
  const reason =
    first === undefined
      ? 'The folder holds no Python, TypeScript or JavaScript file that is not ignored.'
      : `The first one skipped: ${first.path}, ${first.reason}.`
  return auditErrors('audit-nothing-to-read', {
    details: { path: basename(root), seen: facts.seen, skipped: facts.unparsed.length, reason },
  })
}

function coverageOf({ facts, history }: Case, judgement: Judgement, heldBack: number, repeated: number): Coverage {
  return {
    files: {
      seen: facts.seen,
      parsed: facts.trees.length,
      skipped: facts.unparsed.length + facts.skipped.length,
      configuration: judgement.configuration.files,
    },
    lines: facts.lines,
    unparsed: facts.unparsed,
    passedBy: facts.skipped,
    problems: judgement.configuration.problems,
    imports: judgement.imports,
    calls: judgement.calls,
    entryPoints: judgement.entryPoints,
    history: { available: history.available, enough: history.enough, reason: history.reason, commits: history.commits },
    heldBack,
    repeated,
  }
}
