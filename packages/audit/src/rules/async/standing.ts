// Where an async function runs: on a server's event loop, only at start-up, or alone in a command's own loop.

import { Flag, Kind } from '../../facts/contract.ts'
import { ArrowKind } from '../../graph/calls/call-graph.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { AnalysedProgram } from '../../graph/program/build-program.ts'
import { ScopeKind } from '../../graph/source-index.ts'

/** `loop`: other requests wait with it. `startup`: nobody waits yet. `alone`: nobody else is on that loop. */
export type Standing = 'loop' | 'startup' | 'alone'

const RUNNERS = new Set([
  'asyncio.run',
  'asyncio.AbstractEventLoop.run_until_complete',
  'anyio.run',
  'trio.run',
  'uvloop.run',
  'asyncio.runners.run',
])
/** Calls that make a process a server or a long-lived consumer, so that its loop is shared after all. */
const SERVES =
  /^(asyncio\.(start_server|start_unix_server)|uvicorn\.|hypercorn\.|websockets\.|aiohttp\.web\.|grpc\.aio\.|aiogram\.|telegram\.|discord\.|aio_pika\.|nats\.|aiokafka\.)|\.(serve|serve_forever|start_polling|run_forever|create_server|create_task|ensure_future|gather)$/
const TASK_STARTERS = new Set(['create_task', 'ensure_future', 'start_soon', 'gather', 'call_soon', 'call_later'])

/** Decides the standing of every async function of a program. */
export function standingOf(program: AnalysedProgram): (fn: FunctionId) => Standing {
  const { index, graph, modules } = program
  const count = index.scopeCount
  const loop = new Uint8Array(count)
  const startup = new Uint8Array(count)
  const alone = new Uint8Array(count)
  const known = new Set<FunctionId>()
  const loopRoots: FunctionId[] = []
  const startupRoots: FunctionId[] = []
  const aloneRoots: FunctionId[] = []
  for (const entry of program.entries) {
    known.add(entry.function)
    if (entry.kind === 'startup') startupRoots.push(entry.function)
    else if (entry.framework === 'flask' || entry.kind === 'command') aloneRoots.push(entry.function)
    else if (isAsync(program, entry.function)) loopRoots.push(entry.function)
  }
  const named = (texts: Iterable<string>): ReadonlySet<number> =>
    new Set([...texts].map((text) => program.inference.nameId(text)))
  const starters = named(TASK_STARTERS)
  const runners = named([...RUNNERS].map((name) => name.slice(name.lastIndexOf('.') + 1)))
  for (let call = 0; call < index.callNode.length; call++) {
    const caller = index.callScope[call]!
    const module = index.scopeModule[caller]!
    const tree = index.trees[module]!
    const node = index.callNode[call]!
    const kind = tree.kind(node + 1)
    if (kind !== Kind.Name && kind !== Kind.Attribute) continue
    const name = tree.name(node + 1)
    const starts = starters.has(name)
    if (!starts && !runners.has(name)) continue
    if (!starts && !graph.targets(call).some((t) => RUNNERS.has(t.external))) continue
    const argument = tree.nextSibling(node + 1)
    if (argument < 0) continue
    const roots = coroutinesIn(program, module, argument, tree.end(node))
    for (const fn of roots) known.add(fn)
    if (starts) {
      loopRoots.push(...roots)
      continue
    }
    const role = modules[module]!.role
    const isCommand =
      role === 'script' ||
      role === 'example' ||
      role === 'migration' ||
      index.scopeKind[caller] === ScopeKind.Module ||
      /^(main|cli|_?main_?\w*|run_migrations_online|run_async_migrations)$/.test(program.qualifiedName(caller)) ||
      (program.reach.isReachable(caller, ['command']) &&
        !program.reach.isReachable(caller, ['route', 'task', 'scheduled']))
    for (const fn of roots) {
      if (isCommand && !serves(program, fn)) aloneRoots.push(fn)
      else loopRoots.push(fn)
    }
  }
  const { start, to, backStart } = program.reach.rows()
  const spread = (roots: readonly FunctionId[], marks: Uint8Array): void => {
    const queue = [...roots]
    for (const root of roots) marks[root] = 1
    while (queue.length > 0) {
      const at = queue.pop()!
      for (let i = start[at]!; i < start[at + 1]!; i++) {
        const next = to[i]!
        if (marks[next] === 1) continue
        marks[next] = 1
        queue.push(next)
      }
    }
  }
  for (let fn = 0; fn < count; fn++) {
    // Nobody that we see calls it: a framework may, so it is taken to share a loop.
    if (
      index.scopeKind[fn] === ScopeKind.Function &&
      !known.has(fn) &&
      backStart[fn] === backStart[fn + 1] &&
      isAsync(program, fn)
    ) {
      loopRoots.push(fn)
    }
  }
  spread(loopRoots, loop)
  spread(startupRoots, startup)
  spread(aloneRoots, alone)
  return (fn) => (loop[fn] === 1 ? 'loop' : startup[fn] === 1 ? 'startup' : alone[fn] === 1 ? 'alone' : 'loop')
}

function isAsync(program: AnalysedProgram, fn: FunctionId): boolean {
  const tree = program.index.trees[program.index.scopeModule[fn]!]!
  const node = program.index.scopeNode[fn]!
  return tree.kind(node) === Kind.FunctionDef && tree.has(node, Flag.ASYNC)
}

/** Project functions called or named between two nodes. */
function coroutinesIn(program: AnalysedProgram, module: number, from: number, to: number): FunctionId[] {
  const tree = program.index.trees[module]!
  const found: FunctionId[] = []
  for (let node = from; node < to; node++) {
    if (tree.kind(node) !== Kind.Call) continue
    const call = program.graph.callAt(module, node)
    if (call < 0) continue
    for (const target of program.graph.targets(call))
      if (target.function >= 0) found.push(...program.graph.bodiesOf(target.function))
  }
  return found
}

/** Whether a coroutine, or what it reaches in a few steps, serves others. */
function serves(program: AnalysedProgram, root: FunctionId): boolean {
  const seen = new Set<FunctionId>([root])
  let level: FunctionId[] = [root]
  for (let depth = 0; depth < 4 && level.length > 0; depth++) {
    const next: FunctionId[] = []
    for (const fn of level) {
      for (const call of program.callsIn(fn)) {
        for (const target of program.graph.targets(call))
          if (target.external !== '' && SERVES.test(target.external)) return true
      }
      for (const arrow of program.graph.arrows(fn)) {
        if (arrow.kind === ArrowKind.Reference || seen.has(arrow.target)) continue
        seen.add(arrow.target)
        next.push(arrow.target)
      }
    }
    level = next
  }
  return false
}
