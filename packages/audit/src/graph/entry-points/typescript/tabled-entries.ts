// Routes in tables and resolvers of GraphQL in object literals: `{ method, path, handler }`, `{ Query: { orders } }`.
import { Kind } from '../../../facts/contract.ts'
import type { SyntaxTree } from '../../../facts/tree.ts'
import type { EntryCollector } from '../entry-collector.ts'
import { entryValue, functionsBelow, handlersIn } from './handlers.ts'

const PATHS = ['path', 'url', 'route']
const HANDLERS = ['handler', 'controller', 'action', 'handle', 'fn']
const OPERATIONS = ['Query', 'Mutation', 'Subscription']

/** Finds what is registered by an object literal that a loop or a server goes through. */
export function findTabledEntries(collector: EntryCollector): void {
  const { index } = collector.inference
  for (let module = 0; module < index.trees.length; module++) {
    const tree = index.trees[module]!
    const hasTable = mentions(tree, ['method']) && mentions(tree, PATHS) && mentions(tree, HANDLERS)
    const hasResolvers = mentions(tree, OPERATIONS)
    if (!hasTable && !hasResolvers) continue
    for (let node = 1; node < tree.size; node++) {
      if (tree.kind(node) !== Kind.Dict) continue
      if (hasTable && tree.kind(tree.parent(node)) === Kind.List) row(collector, module, node)
      if (hasResolvers) resolvers(collector, module, node)
    }
  }
}

const mentions = (tree: SyntaxTree, names: readonly string[]): boolean =>
  names.some((name) => {
    const id = tree.strings.id(name)
    return id >= 0 && tree.mentions(id)
  })

function row(collector: EntryCollector, module: number, dict: number): void {
  const tree = collector.inference.index.trees[module]!
  const value = (keys: readonly string[]): number => {
    for (const key of keys) {
      const at = entryValue(collector, module, dict, key)
      if (at >= 0) return at
    }
    return -1
  }
  const text = (at: number): string =>
    at >= 0 && tree.kind(at) === Kind.String && tree.value(at) >= 0 ? tree.text(at) : ''
  const path = text(value(PATHS))
  const method = text(value(['method']))
  const handler = value(HANDLERS)
  if (!path.startsWith('/') || !/^(?:get|post|put|patch|delete|all|head|options)$/i.test(method) || handler < 0) return
  const label = `${method.toUpperCase()} ${path}`
  const found = handlersIn(collector, module, handler)
  for (const fn of found) collector.add('route', 'node', fn, label, module, dict)
  if (found.length === 0) collector.lose(label, module, dict)
}

function resolvers(collector: EntryCollector, module: number, dict: number): void {
  const tree = collector.inference.index.trees[module]!
  for (const operation of OPERATIONS) {
    const fields = entryValue(collector, module, dict, operation)
    if (fields < 0 || tree.kind(fields) !== Kind.Dict) continue
    for (let at = tree.firstChild(fields); at >= 0; at = tree.nextSibling(at)) {
      if (tree.kind(at) === Kind.DictUnpack) continue
      const name = tree.kind(at) === Kind.String && tree.value(at) >= 0 ? tree.text(at) : '…'
      at = tree.nextSibling(at)
      if (at < 0) break
      const found =
        tree.kind(at) === Kind.Dict ? functionsBelow(collector, module, at) : handlersIn(collector, module, at)
      for (const fn of found) collector.add('route', 'graphql', fn, `${operation.toLowerCase()} ${name}`, module, at)
    }
  }
}
