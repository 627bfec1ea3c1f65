// The functions of a TypeScript program that the event loop runs for requests and jobs: Node has one loop for all of them.
import { Flag } from '../../facts/contract.ts'
import { ArrowKind } from '../../graph/calls/call-graph.ts'
import type { EntryKind, FunctionId } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'
import { ScopeKind } from '../../graph/source-index.ts'

/** Entries through which others wait for the loop; start-up and commands are left out. */
const SERVING: readonly EntryKind[] = ['route', 'websocket', 'middleware', 'exception-handler', 'task', 'scheduled']

/**
 * Bodies to be judged: what a framework calls, every async function that this reaches, and callbacks on the way. A plain
 * function that is only called stands in the chain of its caller.
 */
export function loopBodies(program: AnalysedProgram): FunctionId[] {
  const { index, graph } = program
  const isProduct = (fn: FunctionId): boolean => {
    const { role } = program.modules[index.scopeModule[fn]!]!
    return role === 'code' || role === 'configuration'
  }
  const reached = new Set<FunctionId>()
  const called = new Set<FunctionId>()
  const entries = new Set<FunctionId>()
  for (const entry of program.entries) {
    if (!SERVING.includes(entry.kind) || !isProduct(entry.function)) continue
    entries.add(entry.function)
    reached.add(entry.function)
  }
  const queue = [...reached]
  for (let head = 0; head < queue.length; head++) {
    for (const { target, kind } of graph.arrows(queue[head]!)) {
      if (kind === ArrowKind.Call) called.add(target)
      if (reached.has(target) || !isProduct(target)) continue
      reached.add(target)
      queue.push(target)
    }
  }
  return [...reached]
    .filter((fn) => {
      const kind = index.scopeKind[fn]
      if (kind !== ScopeKind.Function && kind !== ScopeKind.Lambda) return false
      const isAsync = index.trees[index.scopeModule[fn]!]!.has(index.scopeNode[fn]!, Flag.ASYNC)
      return isAsync || entries.has(fn) || (kind === ScopeKind.Lambda && !called.has(fn))
    })
    .sort((a, b) => a - b)
}
