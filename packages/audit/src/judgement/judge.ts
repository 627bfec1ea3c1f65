// Runs the rules over a tree. What comes out is plain data, so that an unchanged tree need not be judged again.

import type { Facts } from '../extract/collect-facts.ts'
import type { ConfigFacts } from '../extract/config/contract.ts'
import type { GatheredConfig } from '../extract/config/read-config.ts'
import type { History } from '../extract/git/contract.ts'
import { type ProgramOfLanguage, programsOf } from '../graph/program/programs.ts'
import { type BoundaryReport, boundaryReport } from '../modules/boundary-report.ts'
import { testedModules } from '../plan/tested-modules.ts'
import { type Inventory, NO_INVENTORY } from '../programs/contract.ts'
import { type ApartDetection, FITTING, onlyApart, seenFromApart, withoutApart } from '../programs/set-apart.ts'
import { type TakenInventory, takeInventory } from '../programs/take-inventory.ts'
import type { AuditResult, Coverage } from '../result/audit-result.ts'
import type { Rule, RuleContext, RuleResult } from '../rule/rule.ts'
import { packageStructure } from '../scorecard/package-structure.ts'
import type { AuditSettings } from '../settings/settings.ts'
import { webWorkers } from '../survey/deployment.ts'
import { withPlainNames } from './plain-names.ts'
import { runOnEach } from './run-on-each.ts'

/** Everything that is judged. */
export interface Case {
  readonly facts: Facts
  readonly config: GatheredConfig
  readonly history: History
  readonly settings: AuditSettings
  readonly rules: readonly Rule[]
  /** Whether to look first what the repository builds and runs; a check of a few rules does without. */
  readonly takesInventory: boolean
}

/** What the rules said and what of the program the reports need. JSON carries it unchanged. */
export interface Judgement {
  /** Results by rule id. */
  readonly results: Readonly<Record<string, RuleResult>>
  /** What was found in programs that serve nobody. */
  readonly apart: readonly ApartDetection[]
  readonly inventory: Inventory
  /** How many processes answer requests, in words, when a file says it; else ''. */
  readonly processes: string
  /** What of the configuration was read, and what was not. */
  readonly configuration: Pick<ConfigFacts, 'files' | 'problems'>
  readonly imports: Coverage['imports']
  readonly calls: Coverage['calls']
  readonly entryPoints: number
  readonly structure: AuditResult['structure']
  /** Modules of the TypeScript program; absent without one. */
  readonly boundaries?: BoundaryReport | undefined
  /** Paths of modules with tests near them. */
  readonly tested: readonly string[]
}

/** Told before each rule, and once before the program is put together. */
export type JudgeProgress = (step: 'linking' | 'judging', done: number, total: number) => void

/** Builds the program and asks every rule. @throws the signal's reason when stopped */
export function judge(
  { facts, config: gathered, history, settings, rules, takesInventory }: Case,
  onProgress: JudgeProgress,
  signal: AbortSignal | undefined,
): Judgement {
  onProgress('linking', 0, 1)
  const config = gathered.facts()
  const programs = programsOf(facts)
  const { manifests, paths } = facts
  const { inventory, apart }: TakenInventory = takesInventory
    ? takeInventory({ programs, config, manifests, paths })
    : { inventory: NO_INVENTORY, apart: new Map() }
  const contexts = new Map(
    programs.map((one): [ProgramOfLanguage, RuleContext] => [
      one,
      { ...one, config, history, settings, paths, manifests },
    ]),
  )
  const others = new Map<ProgramOfLanguage, RuleContext>()
  const othersOf = (one: ProgramOfLanguage): RuleContext => {
    const context = others.get(one) ?? { ...contexts.get(one)!, program: seenFromApart(one.program) }
    others.set(one, context)
    return context
  }
  const all = programs.map(({ program }) => program)
  const results: Record<string, RuleResult> = {}
  const outside: ApartDetection[] = []
  for (const [index, rule] of rules.entries()) {
    signal?.throwIfAborted()
    onProgress('judging', index, rules.length)
    const result = runOnEach(rule, programs, (one) => contexts.get(one)!)
    results[rule.id] = { ...result, detections: withPlainNames(withoutApart(result.detections, apart), all) }
    if (apart.size === 0 || !FITTING.has(rule.id)) continue
    const beside = runOnEach(rule, programs, (one) => othersOf(one))
    outside.push(...onlyApart(rule.id, withPlainNames(beside.detections, all), apart))
  }
  // Nobody waits for calls to be resolved that no rule has asked about.
  const asked = all.filter((program) => program.graph.asked)
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)
  return {
    results,
    apart: outside,
    inventory,
    processes: processesOf([...contexts.values()][0]),
    configuration: { files: config.files, problems: config.problems },
    imports: {
      statements: total(all.map(({ imports }) => imports.coverage.statements)),
      resolved: total(all.map(({ imports }) => imports.coverage.resolved)),
      external: total(all.map(({ imports }) => imports.coverage.external)),
    },
    calls: {
      total: total(asked.map(({ coverage }) => coverage.calls)),
      resolved: total(asked.map(({ coverage }) => coverage.resolved)),
    },
    entryPoints: total(asked.map(({ entries }) => entries.length)),
    structure: joined(all.map(packageStructure)),
    tested: all.flatMap((program) => [...testedModules(program)]).sort(),
    boundaries: [...contexts.values()].map(boundaryReport).find((report) => report !== undefined),
  }
}

/** Web workers as deployment files say them: `4 gunicorn workers`. */
function processesOf(context: RuleContext | undefined): string {
  const workers = context === undefined ? undefined : webWorkers(context)
  return workers?.processes === undefined || workers.processes < 2 ? '' : workers.what
}

/** The structures of several programs side by side. */
function joined(structures: readonly Judgement['structure'][]): Judgement['structure'] {
  const packages: string[] = []
  const arrows: { from: number; to: number; imports: number }[] = []
  for (const structure of structures) {
    const first = packages.length
    packages.push(...structure.packages)
    for (const { from, to, imports } of structure.arrows) arrows.push({ from: from + first, to: to + first, imports })
  }
  return { packages, arrows }
}
