// Jobs and commands: Celery, RQ, Dramatiq, Huey, APScheduler, arq, click and typer.
import { Kind } from '../../../facts/contract.ts'
import type { SyntaxTree } from '../../../facts/tree.ts'
import type { EntryKind } from '../../contract.ts'
import { lastName } from '../../inference/last-name.ts'
import { ScopeKind } from '../../source-index.ts'
import type { EntryCollector } from '../entry-collector.ts'

const BARE: Readonly<Record<string, readonly [EntryKind, string]>> = {
  shared_task: ['task', 'celery'],
  actor: ['task', 'dramatiq'],
  job: ['task', 'rq'],
  db_task: ['task', 'huey'],
  periodic_task: ['scheduled', 'celery'],
  db_periodic_task: ['scheduled', 'huey'],
  scheduled_job: ['scheduled', 'apscheduler'],
  repeat_every: ['scheduled', 'asyncio'],
  flow: ['task', 'prefect'],
}
const COMMANDS = new Set(['command', 'group', 'callback', 'cli'])

/** Finds tasks, scheduled jobs and commands. */
export function findTaskEntries(collector: EntryCollector): void {
  const { index } = collector.inference
  const known = new Map<number, boolean>()
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] !== ScopeKind.Function) continue
    const module = index.scopeModule[scope]!
    const tree = index.trees[module]!
    const definition = index.scopeNode[scope]!
    const name = tree.text(definition)
    for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
      const callee = tree.kind(at + 1) === Kind.Call ? at + 2 : at + 1
      const last = lastName(tree, at + 1)
      const bare = BARE[last]
      if (bare !== undefined) collector.add(bare[0], bare[1], scope, `${bare[0]} ${name}`, module, at + 1)
      else if (last === 'task' && isTaskApp(collector, module, tree, callee)) {
        collector.add('task', 'celery', scope, `task ${name}`, module, at + 1)
      } else if (COMMANDS.has(last) && isCommandApp(collector, module, tree, callee)) {
        collector.add('command', 'click', scope, `command ${name}`, module, at + 1)
      } else if (makesTasks(collector, module, callee, known)) {
        collector.add('task', 'celery', scope, `task ${name}`, module, at + 1)
      }
    }
  }
  scheduled(collector)
}

/** A decorator of the project that hands the function to `shared_task`: `return shared_task(*args, base=Retrying, **kwargs)`. */
function makesTasks(collector: EntryCollector, module: number, callee: number, known: Map<number, boolean>): boolean {
  const { index } = collector.inference
  const shared = index.trees[0]?.strings.id('shared_task') ?? -1
  if (shared < 0) return false
  return collector.functionsOf(module, callee).some((fn) => {
    const before = known.get(fn)
    if (before !== undefined) return before
    const { start, order } = index.callsByScope
    let makes = false
    for (let i = start[fn]!; i < start[fn + 1]! && !makes; i++) {
      makes = index.callName[order[i]!] === shared
    }
    known.set(fn, makes)
    return makes
  })
}

function isTaskApp(collector: EntryCollector, module: number, tree: SyntaxTree, callee: number): boolean {
  if (tree.kind(callee) === Kind.Name)
    return collector
      .kindsOf(collector.inference.typeOf(module, callee))
      .some((n) => /^(celery|huey|procrastinate|taskiq)/.test(n))
  const kinds = collector.kindsOf(collector.inference.typeOf(module, callee + 1))
  if (kinds.length > 0)
    return kinds.some((n) => /^(celery|huey|procrastinate|taskiq|arq|prefect)/.test(n) || n.endsWith('.Celery'))
  return /(^|_)(app|celery|celery_app|queue|broker|huey|tasks)$/i.test(lastName(tree, callee + 1))
}

function isCommandApp(collector: EntryCollector, module: number, tree: SyntaxTree, callee: number): boolean {
  if (tree.kind(callee) === Kind.Name)
    return collector
      .kindsOf(collector.inference.typeOf(module, callee))
      .some((n) => /^(click|typer|asyncclick|rich_click)/.test(n))
  const kinds = collector.kindsOf(collector.inference.typeOf(module, callee + 1))
  if (kinds.length > 0) return kinds.some((n) => /^(click|typer|flask|asyncclick|rich_click|cyclopts)/.test(n))
  // A click group is a decorated function.
  return (
    collector.functionsOf(module, callee + 1).length > 0 || /(^|_)(cli|app|group)$/.test(lastName(tree, callee + 1))
  )
}

/** `scheduler.add_job(f, …)`. */
function scheduled(collector: EntryCollector): void {
  const { inference } = collector
  const { index } = inference
  const id = index.trees[0]?.strings.id('add_job') ?? -1
  if (id < 0) return
  for (let module = 0; module < index.trees.length; module++) {
    const tree = index.trees[module]!
    if (!tree.mentions(id)) continue
    for (let call = index.firstCall[module]!; call < index.firstCall[module + 1]!; call++) {
      const node = index.callNode[call]!
      if (index.callName[call] !== id || tree.kind(node + 1) !== Kind.Attribute) continue
      let job = inference.argumentOf(module, node, -1, 'func')
      if (job < 0) job = inference.argumentOf(module, node, 0, '')
      if (job < 0) continue
      for (const fn of collector.functionsOf(module, job)) {
        const other = index.trees[index.scopeModule[fn]!]!
        collector.add('scheduled', 'apscheduler', fn, `job ${other.text(index.scopeNode[fn]!)}`, module, node)
      }
    }
  }
}
