// Runs the rules over a tree. What comes out is plain data, so that an unchanged tree need not be judged again.
import type { AuditResult, Coverage } from '../audit-result.ts'
import type { Facts } from '../extract/collect-facts.ts'
import type { ConfigFacts } from '../extract/config/contract.ts'
import type { History } from '../extract/git/contract.ts'
import { buildProgram } from '../graph/build-program.ts'
import { testedModules } from '../plan/tested-modules.ts'
import type { Rule, RuleResult } from '../rules/rule.ts'
import { packageStructure } from '../scorecard/package-structure.ts'
import type { AuditSettings } from '../settings/settings.ts'

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
  const program = buildProgram(facts.trees)
  const context = { program, trees: facts.trees, config, history, settings, paths: facts.paths }
  const results: Record<string, RuleResult> = {}
  for (const [index, rule] of rules.entries()) {
    signal?.throwIfAborted()
    onProgress('judging', index, rules.length)
    results[rule.id] = rule.run(context)
  }
  return {
    results,
    imports: program.imports.coverage,
    calls: { total: program.coverage.calls, resolved: program.coverage.resolved },
    entryPoints: program.entries.length,
    structure: packageStructure(program),
    tested: [...testedModules(program)].sort(),
  }
}
