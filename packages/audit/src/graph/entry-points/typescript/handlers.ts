// Functions that stand for a handler in the arguments of a call: given by name, written in place, bound or wrapped.
import { Kind } from '../../../facts/contract.ts'
import type { FunctionId } from '../../contract.ts'
import { lastName } from '../../inference/last-name.ts'
import { TypeKind } from '../../inference/type-table.ts'
import type { EntryCollector } from '../entry-collector.ts'

/** Wrappers inside of wrappers that are looked through. */
const MAX_WRAPPED = 3

/** The functions that an argument hands over. */
export function handlersIn(collector: EntryCollector, module: number, node: number, depth = 0): readonly FunctionId[] {
  const { inference } = collector
  const tree = inference.index.trees[module]!
  switch (tree.kind(node)) {
    case Kind.Lambda:
      return [inference.names.scopeAt(module, node)]
    case Kind.Name:
    case Kind.Attribute: {
      const own = collector.functionsOf(module, node)
      if (own.length > 0 || depth > MAX_WRAPPED) return own
      if (tree.kind(node) === Kind.Attribute) {
        const wrapped = wrappedMember(collector, module, node)
        if (wrapped.length > 0) return wrapped
      }
      // `const create = wrap(async () => …)`: the function is inside of what the name was given.
      const place = inference.definitionOf(module, node)
      if (place === undefined || (place.module === module && place.node === node)) return own
      const other = inference.index.trees[place.module]!
      const statement = other.parent(place.node)
      if (other.kind(statement) !== Kind.Assign && other.kind(statement) !== Kind.AnnAssign) return own
      const value = other.lastChild(statement)
      return other.kind(value) === Kind.Call ? handlersIn(collector, place.module, value, depth + 1) : own
    }
    case Kind.List:
    case Kind.Call: {
      if (depth > MAX_WRAPPED) return []
      // `this.create.bind(this)` is `this.create`.
      if (tree.kind(node) === Kind.Call && tree.kind(node + 1) === Kind.Attribute && lastName(tree, node) === 'bind') {
        return collector.functionsOf(module, node + 2)
      }
      const found: FunctionId[] = []
      for (let at = tree.firstChild(node); at >= 0; at = tree.nextSibling(at)) {
        if (at === node + 1 && tree.kind(node) === Kind.Call) continue
        found.push(...handlersIn(collector, module, at, depth + 1))
      }
      return found
    }
    default:
      return []
  }
}

/** `controller.read` of `const controller = wrap(raw)`: what a wrapper gives has the members of what it was given. */
function wrappedMember(collector: EntryCollector, module: number, node: number): readonly FunctionId[] {
  const { inference } = collector
  const place = inference.definitionOf(module, node + 1)
  if (place === undefined) return []
  const tree = inference.index.trees[place.module]!
  const statement = tree.parent(place.node)
  if (tree.kind(statement) !== Kind.Assign && tree.kind(statement) !== Kind.AnnAssign) return []
  const value = tree.lastChild(statement)
  if (tree.kind(value) !== Kind.Call) return []
  const wanted = inference.index.trees[module]!
  const found: FunctionId[] = []
  for (let at = tree.nextSibling(value + 1); at >= 0; at = tree.nextSibling(at)) {
    const { table } = inference
    const type = inference.memberOf(
      place.module,
      inference.typeOf(place.module, at),
      wanted.name(node),
      wanted.text(node),
    )
    for (const member of table.members(type)) {
      if (table.kind[member] === TypeKind.Function) found.push(table.a[member]!)
    }
    if (found.length > 0) return found
    // `export const read = wrap(async () => …)` in the module that was given.
    const given = inference.typeOf(place.module, at)
    if (table.kind[given] === TypeKind.Module)
      found.push(...exportedHandlers(collector, table.a[given]!, wanted.name(node)))
    if (found.length > 0) return found
  }
  return found
}

/** Functions inside of the call that a module exports under a name: `export default withUser(handler)`. */
export function exportedHandlers(collector: EntryCollector, module: number, name: number): readonly FunctionId[] {
  const { index, names } = collector.inference
  const tree = index.trees[module]!
  for (const node of names.bindingsIn(index.firstScope[module]!, name)) {
    const statement = tree.parent(node)
    if (tree.kind(statement) !== Kind.Assign && tree.kind(statement) !== Kind.AnnAssign) continue
    const value = tree.lastChild(statement)
    if (tree.kind(value) === Kind.Call) return handedOver(collector, module, value, 0)
    if (tree.kind(value) === Kind.Name) return handlersIn(collector, module, value)
  }
  return []
}

/** Every function that a call is given, also as a value of an object literal and through calls in its arguments. */
function handedOver(collector: EntryCollector, module: number, call: number, depth: number): readonly FunctionId[] {
  const tree = collector.inference.index.trees[module]!
  const found: FunctionId[] = []
  for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Dict) found.push(...functionsBelow(collector, module, at))
    else if (tree.kind(at) === Kind.Call && depth < MAX_WRAPPED)
      found.push(...handedOver(collector, module, at, depth + 1))
    else found.push(...handlersIn(collector, module, at, depth))
  }
  return found
}

/** The node of a key's value in an object literal, or -1. */
export function entryValue(collector: EntryCollector, module: number, dict: number, key: string): number {
  const tree = collector.inference.index.trees[module]!
  if (tree.kind(dict) !== Kind.Dict) return -1
  for (let at = tree.firstChild(dict); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.DictUnpack) continue
    const isKey = tree.kind(at) === Kind.String && tree.value(at) >= 0 && tree.text(at) === key
    at = tree.nextSibling(at)
    if (at < 0) return -1
    if (isKey) return at
  }
  return -1
}

/** Every function below a node that is a value of an object literal or stands alone there, those inside of them left out. */
export function functionsBelow(collector: EntryCollector, module: number, node: number): FunctionId[] {
  const { inference } = collector
  const tree = inference.index.trees[module]!
  const found: FunctionId[] = []
  for (let at = node; at < tree.end(node); at++) {
    if (tree.kind(at) === Kind.Lambda) {
      found.push(inference.names.scopeAt(module, at))
      at = tree.end(at) - 1
    } else if (tree.kind(at) === Kind.Name && tree.kind(tree.parent(at)) === Kind.Dict) {
      found.push(...collector.functionsOf(module, at))
    }
  }
  return found
}

/** A function that a module offers under a name, or -1. */
export function exportedFunction(collector: EntryCollector, module: number, name: string): FunctionId {
  const { inference } = collector
  const { table } = inference
  const type = inference.exportOf(module, inference.nameId(name))
  for (const member of table.members(type)) if (table.kind[member] === TypeKind.Function) return table.a[member]!
  return -1
}

/** The specifier that a name is imported by, '' for a name of the file itself. */
export function importedFrom(collector: EntryCollector, module: number, node: number): string {
  const { index, names } = collector.inference
  const tree = index.trees[module]!
  const bound = names.lookUp(names.scopeOf(module, node), tree.name(node))
  const binding = bound?.nodes[0]
  if (binding === undefined || tree.kind(binding) !== Kind.Alias) return ''
  return tree.kind(tree.parent(binding)) === Kind.ImportFrom ? tree.text(tree.parent(binding)) : tree.text(binding)
}
