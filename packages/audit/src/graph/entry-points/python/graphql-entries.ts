// Resolvers of GraphQL: Strawberry, Graphene, Ariadne.
import { Kind } from '../../../facts/contract.ts'
import { lastName } from '../../inference/last-name.ts'
import { ScopeKind } from '../../source-index.ts'
import type { EntryCollector } from '../entry-collector.ts'

const STRAWBERRY = new Set(['field', 'mutation', 'subscription'])

/** Finds them. */
export function findGraphqlEntries(collector: EntryCollector): void {
  const { index } = collector.inference
  const strings = index.trees[0]?.strings
  const libraries = ['strawberry', 'strawberry_django', 'graphene', 'graphene_django', 'ariadne']
  if (strings === undefined || libraries.every((name) => strings.id(name) < 0)) return
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] === ScopeKind.Function) decorated(collector, scope)
    else if (index.scopeKind[scope] === ScopeKind.Class) graphene(collector, scope)
  }
}

function decorated(collector: EntryCollector, scope: number): void {
  const { inference } = collector
  const { index } = inference
  const module = index.scopeModule[scope]!
  const tree = index.trees[module]!
  const definition = index.scopeNode[scope]!
  for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
    const isCall = tree.kind(at + 1) === Kind.Call
    const callee = isCall ? at + 2 : at + 1
    if (tree.kind(callee) !== Kind.Attribute) continue
    const word = tree.text(callee)
    if (STRAWBERRY.has(word) && /^strawberry(?:_django)?$/.test(lastName(tree, callee + 1))) {
      const kind = word === 'field' ? 'query' : word
      collector.add('route', 'strawberry', scope, `${kind} ${tree.text(definition)}`, module, at + 1)
    } else if (isCall && word === 'field') {
      const kinds = collector.kindsOf(inference.typeOf(module, callee + 1))
      const type = kinds.find((name) => name.startsWith('ariadne.'))
      if (type === undefined) continue
      const kind = /Mutation/.test(type) ? 'mutation' : /Subscription/.test(type) ? 'subscription' : 'query'
      const name = collector.textArgument(tree, module, at + 1, 0, 'name') || tree.text(definition)
      collector.add('route', 'ariadne', scope, `${kind} ${name}`, module, at + 1)
    }
  }
}

function graphene(collector: EntryCollector, scope: number): void {
  const { inference } = collector
  const { index, names, classes } = inference
  if (!classes.ancestors(scope).some(({ scope: own, outside }) => own < 0 && /^graphene/.test(outside))) return
  const module = index.scopeModule[scope]!
  const tree = index.trees[module]!
  const { start, node: nodes } = index.bindings
  for (let i = start[scope]!; i < start[scope + 1]!; i++) {
    const node = nodes[i]!
    if (tree.kind(node) !== Kind.FunctionDef) continue
    const name = tree.text(node)
    const isMutation = name === 'mutate' || name === 'mutate_and_get_payload' || name === 'perform_mutation'
    if (!isMutation && !name.startsWith('resolve_')) continue
    const label = isMutation ? `mutation ${tree.text(index.scopeNode[scope]!)}` : `query ${name.slice(8)}`
    collector.add('route', 'graphene', names.scopeAt(module, node), label, module, node)
  }
}
