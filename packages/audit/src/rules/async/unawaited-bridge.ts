// Finds coroutines that nobody awaits and bridges between sync and async whose result is dropped.

import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import { entryOfTarget } from '../../graph/calls/call-resolution.ts'
import type { CallTarget } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { asyncAnalysis } from './async-analysis.ts'

const BRIDGES = new Set([
  'asgiref.sync.sync_to_async',
  'asgiref.sync.SyncToAsync',
  'asgiref.sync.async_to_sync',
  'asgiref.sync.AsyncToSync',
  'channels.db.database_sync_to_async',
])

/** async/unawaited-bridge. */
export const rule: Rule = {
  id: 'async/unawaited-bridge',
  decision: 'async',
  severity: 'medium',
  effort: { minutes: 5, per: 'site' },
  trial: false,
  summary:
    'A coroutine is made and never awaited, or a sync/async bridge is built and never called: the work does not happen.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const { program } = asyncAnalysis(context.program)
  const detections: Detection[] = []
  let count = 0
  for (const module of program.modules) {
    if (module.role === 'test' || module.role === 'stub' || module.role === 'example') continue
    const tree = program.index.trees[module.id]!
    const [from, to] = program.callRange(module.id)
    for (let call = from; call < to; call++) {
      const node = program.callNode(call)
      if (tree.kind(tree.parent(node)) !== Kind.Expr) continue
      count++
      const lost = lostWork(program, program.targetsOf(call))
      if (lost === undefined) continue
      const caller = program.callInfo(call)
      detections.push({
        place: { path: module.path, line: caller.line },
        subject: program.qualifiedName(caller.caller),
        evidence: lost.name,
        message: lost.isBridge
          ? {
              what: `\`${lost.name}(…)\` only builds a function here; nobody calls it.`,
              why: 'The wrapped function never runs, and nothing says so.',
              do: `Call what it gives back: \`${asCalled(lost.name)}\`.`,
            }
          : {
              what: `\`${caller.text}\` gives a coroutine that nobody awaits.`,
              why: 'Its body never runs; Python only prints a warning when the object is collected.',
              do: 'Put `await` before it, or hand it to `asyncio.create_task` and keep the task.',
            },
        confidence: lost.confidence,
      })
    }
  }
  return { detections, examined: { count, of: 'calls whose result is unused' } }
}

/** `async_to_sync` gives a plain function, the others one to await. */
function asCalled(bridge: string): string {
  const name = bridge.slice(bridge.lastIndexOf('.') + 1)
  return /^(?:async_to_sync|AsyncToSync)$/.test(name) ? `${name}(f)(…)` : `await ${name}(f)(…)`
}

function lostWork(
  program: AnalysedProgram,
  targets: readonly CallTarget[],
): { readonly name: string; readonly isBridge: boolean; readonly confidence: 'definite' | 'probable' } | undefined {
  const [first] = targets
  if (first === undefined || first.confidence === 'possible') return undefined
  const confidence = first.confidence
  if (first.function < 0) {
    if (targets.length > 1) return undefined
    if (BRIDGES.has(first.external)) return { name: first.external, isBridge: true, confidence }
    const entry = entryOfTarget(program.inference, first.external)
    if (entry?.isAsync !== true || entry.offloads || /^asyncio\.(gather|wait|shield)$/.test(first.external))
      return undefined
    return { name: first.external, isBridge: false, confidence }
  }
  for (const target of targets) if (target.function < 0 || !isCoroutine(program, target.function)) return undefined
  return { name: program.fullName(first.function), isBridge: false, confidence }
}

/** A plain `async def`: no generator, and no decorator that may schedule it. */
function isCoroutine(program: AnalysedProgram, fn: number): boolean {
  const tree = program.index.trees[program.index.scopeModule[fn]!]!
  const node = program.index.scopeNode[fn]!
  if (tree.kind(node) !== Kind.FunctionDef || !tree.has(node, Flag.ASYNC) || tree.has(node, Flag.GENERATOR))
    return false
  const harmless = new Set(['staticmethod', 'classmethod', 'abstractmethod', 'override'])
  return program.inference.decoratorNames(fn).every((name) => harmless.has(name))
}
