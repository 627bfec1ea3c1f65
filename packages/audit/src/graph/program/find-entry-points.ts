// All entry points of a program, in source order, with the dependencies that routes pull in.

import { Kind } from '../../facts/contract.ts'
import type { CallGraph } from '../calls/call-graph.ts'
import type { EntryPoint, FunctionId } from '../contract.ts'
import { EntryCollector, type LostRoute } from '../entry-points/entry-collector.ts'
import { findDjangoEntries } from '../entry-points/python/django-entries.ts'
import { findGraphqlEntries } from '../entry-points/python/graphql-entries.ts'
import { findTaskEntries } from '../entry-points/python/task-entries.ts'
import { findVerbMethods } from '../entry-points/python/verb-methods.ts'
import { findWebEntries } from '../entry-points/python/web-entries.ts'
import { findFileRoutes } from '../entry-points/typescript/file-routes.ts'
import { findHttpEntries } from '../entry-points/typescript/http-entries.ts'
import { findNestEntries } from '../entry-points/typescript/nest-entries.ts'
import { findTabledEntries } from '../entry-points/typescript/tabled-entries.ts'
import { findWorkerEntries } from '../entry-points/typescript/worker-entries.ts'
import { ScopeKind } from '../source-index.ts'

/** Entry points and the arrows that only a framework knows. */
export interface Entries {
  readonly entries: readonly EntryPoint[]
  /** Route → dependency named by its router, application or class. */
  readonly arrows: readonly { readonly from: FunctionId; readonly to: FunctionId }[]
  /** Registrations of routes that lead nowhere. */
  readonly lost: readonly LostRoute[]
}

/** Finds every entry point. */
export function findEntryPoints(graph: CallGraph): Entries {
  const collector = new EntryCollector(graph)
  if (graph.inference.isTypeScript) {
    findHttpEntries(collector)
    findTabledEntries(collector)
    findNestEntries(collector)
    findFileRoutes(collector)
    findWorkerEntries(collector)
  } else {
    findWebEntries(collector)
    findGraphqlEntries(collector)
    findVerbMethods(collector)
    findDjangoEntries(collector)
    findTaskEntries(collector)
    classDependencies(collector)
    dependencies(collector)
  }
  const { index } = graph.inference
  const entries = collector.entries.sort(
    (a, b) =>
      index.scopeModule[a.function]! - index.scopeModule[b.function]! ||
      index.scopeNode[a.function]! - index.scopeNode[b.function]! ||
      (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
  )
  return { entries, arrows: collector.extra, lost: collector.lost }
}

/** Class-based routes: `session: Session = Depends(…)` in the body of the class or of its bases runs for each route. */
function classDependencies(collector: EntryCollector): void {
  const { inference, graph } = collector
  const { index } = inference
  const known = new Map<number, readonly FunctionId[]>()
  for (const entry of [...collector.entries]) {
    if (entry.kind !== 'route' || entry.framework !== 'fastapi') continue
    const owner = inference.ownerOf(entry.function)
    if (owner < 0) continue
    for (const ancestor of inference.classes.ancestors(owner)) {
      if (ancestor.scope < 0) continue
      let providers = known.get(ancestor.scope)
      if (providers === undefined) {
        const module = index.scopeModule[ancestor.scope]!
        const tree = index.trees[module]!
        const found: FunctionId[] = []
        const { start, node } = index.bindings
        for (let i = start[ancestor.scope]!; i < start[ancestor.scope + 1]!; i++) {
          if (tree.kind(node[i]!) !== Kind.Name) continue
          const statement = tree.parent(node[i]!)
          found.push(...graph.providersIn(module, statement, tree.end(statement)))
        }
        providers = found
        known.set(ancestor.scope, providers)
      }
      for (const to of providers) collector.extra.push({ from: entry.function, to })
    }
  }
}

/** Every function that runs as a dependency, of a route or of another dependency. */
function dependencies(collector: EntryCollector): void {
  const { graph, inference } = collector
  const { index } = inference
  const add = (fn: FunctionId): void => {
    const module = index.scopeModule[fn]!
    const tree = index.trees[module]!
    const node = index.scopeNode[fn]!
    collector.add('dependency', 'fastapi', fn, `dependency ${tree.text(node)}`, module, node)
  }
  for (const { to } of collector.extra) add(to)
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] !== ScopeKind.Function) continue
    for (const to of graph.dependenciesOf(scope)) add(to)
  }
}
