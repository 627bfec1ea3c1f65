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
/** Functions that are the body of a command by their name. */
const COMMAND_NAMES = /^(main|cli|_?main_?\w*|run_migrations_online|run_async_migrations)$/
const TASK_STARTERS = new Set(['create_task', 'ensure_future', 'start_soon', 'gather', 'call_soon', 'call_later'])

/** Functions where work begins, by where it runs. */
interface Roots {
  readonly loop: FunctionId[]
  readonly startup: FunctionId[]
  readonly alone: FunctionId[]
  /** Every function that somebody is seen to begin. */
  readonly known: Set<FunctionId>
}

/** Decides the standing of every async function of a program. */
export function standingOf(program: AnalysedProgram): (fn: FunctionId) => Standing {
  const roots: Roots = { loop: [], startup: [], alone: [], known: new Set() }
  addEntries(program, roots)
  addStartedCoroutines(program, roots)
  addUncalled(program, roots)
  const loop = reachedFrom(program, roots.loop)
  const startup = reachedFrom(program, roots.startup)
  const alone = reachedFrom(program, roots.alone)
  return (fn) => (loop[fn] === 1 ? 'loop' : startup[fn] === 1 ? 'startup' : alone[fn] === 1 ? 'alone' : 'loop')
}

function addEntries(program: AnalysedProgram, roots: Roots): void {
  for (const entry of program.entries) {
    roots.known.add(entry.function)
    if (entry.kind === 'startup') roots.startup.push(entry.function)
    else if (entry.framework === 'flask' || entry.kind === 'command') roots.alone.push(entry.function)
    else if (isAsync(program, entry.function)) roots.loop.push(entry.function)
  }
}

/** Coroutines that are handed to a loop: by `asyncio.run` and its like, or by `create_task` and its like. */
function addStartedCoroutines(program: AnalysedProgram, roots: Roots): void {
  const { index, graph } = program
  const named = (texts: Iterable<string>): ReadonlySet<number> =>
    new Set([...texts].map((text) => program.inference.nameId(text)))
  const starters = named(TASK_STARTERS)
  const runners = named([...RUNNERS].map((name) => name.slice(name.lastIndexOf('.') + 1)))
  for (let call = 0; call < index.callNode.length; call++) {
    const name = index.callName[call]!
    const starts = starters.has(name)
    if (name < 0 || (!starts && !runners.has(name))) continue
    if (!starts && !graph.targets(call).some((t) => RUNNERS.has(t.external))) continue
    const caller = index.callScope[call]!
    const module = index.scopeModule[caller]!
    const tree = index.trees[module]!
    const node = index.callNode[call]!
    const argument = tree.nextSibling(node + 1)
    if (argument < 0) continue
    const isCommand = !starts && isCommandBody(program, caller)
    for (const fn of coroutinesIn(program, module, argument, tree.end(node))) {
      roots.known.add(fn)
      if (isCommand && !serves(program, fn)) roots.alone.push(fn)
      else roots.loop.push(fn)
    }
  }
}

/** Whether a body runs when somebody starts a command, and never for a request or a job. */
function isCommandBody(program: AnalysedProgram, body: FunctionId): boolean {
  const { index, modules, reach } = program
  const { role } = modules[index.scopeModule[body]!]!
  return (
    role === 'script' ||
    role === 'example' ||
    role === 'migration' ||
    index.scopeKind[body] === ScopeKind.Module ||
    COMMAND_NAMES.test(program.qualifiedName(body)) ||
    (reach.isReachable(body, ['command']) && !reach.isReachable(body, ['route', 'task', 'scheduled']))
  )
}

/** Nobody that we see calls it: a framework may, so it is taken to share a loop. */
function addUncalled(program: AnalysedProgram, roots: Roots): void {
  const { index } = program
  const { backStart } = program.reach.rows()
  for (let fn = 0; fn < index.scopeCount; fn++) {
    const isCalled = roots.known.has(fn) || backStart[fn] !== backStart[fn + 1]
    if (!isCalled && index.scopeKind[fn] === ScopeKind.Function && isAsync(program, fn)) roots.loop.push(fn)
  }
}

/** 1 for each function that is reached from the roots. */
function reachedFrom(program: AnalysedProgram, roots: readonly FunctionId[]): Uint8Array {
  const { start, to } = program.reach.rows()
  const marks = new Uint8Array(program.index.scopeCount)
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
  return marks
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
