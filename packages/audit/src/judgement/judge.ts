// Runs the rules over a tree. What comes out is plain data, so that an unchanged tree need not be judged again.

import type { Facts } from '../extract/collect-facts.ts'
import type { ConfigFacts } from '../extract/config/contract.ts'
import type { History } from '../extract/git/contract.ts'
import { type ProgramOfLanguage, programsOf } from '../graph/program/programs.ts'
import { type BoundaryReport, boundaryReport } from '../modules/boundary-report.ts'
import { testedModules } from '../plan/tested-modules.ts'
import type { AuditResult, Coverage } from '../result/audit-result.ts'
import type { Rule, RuleContext, RuleResult } from '../rule/rule.ts'
import { packageStructure } from '../scorecard/package-structure.ts'
import type { AuditSettings } from '../settings/settings.ts'
import { runOnEach } from './run-on-each.ts'

/** Everything that is judged. */
export interface Case {
  readonly facts: Facts
  readonly config: ConfigFacts
  readonly history: History
  readonly settings: AuditSettings
  readonly rules: readonly Rule[]
}

/** What the rules said and what of the program the reports need. JSON carries it unchanged. */
export interface Judgement {
  /** Results by rule id. */
  readonly results: Readonly<Record<string, RuleResult>>
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
  { facts, config, history, settings, rules }: Case,
  onProgress: JudgeProgress,
  signal: AbortSignal | undefined,
): Judgement {
  onProgress('linking', 0, 1)
  const programs = programsOf(facts)
  const contexts = new Map(
    programs.map((one): [ProgramOfLanguage, RuleContext] => [
      one,
      { ...one, config, history, settings, paths: facts.paths, manifests: facts.manifests },
    ]),
  )
  const results: Record<string, RuleResult> = {}
  for (const [index, rule] of rules.entries()) {
    signal?.throwIfAborted()
    onProgress('judging', index, rules.length)
    results[rule.id] = runOnEach(rule, programs, (one) => contexts.get(one)!)
  }
  const all = programs.map(({ program }) => program)
  // Nobody waits for calls to be resolved that no rule has asked about.
  const asked = all.filter((program) => program.graph.asked)
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)
  return {
    results,
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
