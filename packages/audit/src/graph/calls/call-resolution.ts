// What a call reaches: functions of the project and names of libraries, with how sure that is.
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { CallTarget, Effect, FunctionId } from '../contract.ts'
import type { TypeInference } from '../inference/type-inference.ts'
import { type TypeId, TypeKind } from '../inference/type-table.ts'
import type { LibraryEntry } from '../libraries/library-index.ts'

const NOTHING: readonly CallTarget[] = []

/** What a library operation costs. */
export interface Cost {
  readonly effect: Effect
  /** Full name in the library, for example `requests.get`. */
  readonly name: string
  readonly confidence: Confidence
}

/**
 * Targets of the callee expression of a call. `shared` remembers answers that depend on the callee's type alone, so that
 * a hundred thousand calls of `len` are one object.
 */
export function resolveCall(
  inference: TypeInference,
  module: number,
  call: number,
  shared: Map<number, readonly CallTarget[]>,
): readonly CallTarget[] {
  const callee = call + 1
  const type = inference.typeOf(module, callee)
  if (type === 0) return NOTHING
  const { table } = inference
  const members = table.members(type)
  const sure = members.length === 1 && isCertain(inference, module, callee)
  const kind = table.kind[type]!
  const alone =
    kind === TypeKind.Class ||
    kind === TypeKind.Outside ||
    kind === TypeKind.OutsideMethod ||
    (kind === TypeKind.Function && table.b[type] === 0)
  const key = type * 2 + (sure ? 1 : 0)
  if (alone) {
    const known = shared.get(key)
    if (known !== undefined) return known
  }
  const targets: CallTarget[] = []
  for (const member of members) addTargets(inference, module, callee, member, sure, targets)
  if (alone) shared.set(key, targets)
  return targets.length > 1 && inference.index.trees[module]!.isAwaited(call) ? awaitable(inference, targets) : targets
}

/** `await client.read()` on "the sync or the async client" means the async one. */
function awaitable(inference: TypeInference, targets: readonly CallTarget[]): readonly CallTarget[] {
  const asynchronous = targets.filter((target) => {
    if (target.function < 0) return inference.entryOf(target.external)?.isAsync === true
    const tree = inference.index.trees[inference.index.scopeModule[target.function]!]!
    const definition = inference.index.scopeNode[target.function]!
    return tree.kind(definition) === Kind.FunctionDef && tree.has(definition, Flag.ASYNC)
  })
  return asynchronous.length > 0 ? asynchronous : targets
}

function addTargets(
  inference: TypeInference,
  module: number,
  callee: number,
  type: TypeId,
  sure: boolean,
  targets: CallTarget[],
): void {
  const { table, index } = inference
  const confidence: Confidence = sure ? 'definite' : 'probable'
  switch (table.kind[type]) {
    case TypeKind.Function: {
      const scope = table.a[type]!
      targets.push({ function: scope, external: '', confidence })
      const receiver = table.b[type]!
      if (receiver === 0 || table.kind[receiver] !== TypeKind.Instance) return
      if (table.kind[inference.typeOf(module, callee + 1)] === TypeKind.Super) return
      const overrides = overridesOf(inference, scope, table.a[receiver]!)
      if (overrides.length === 0) return
      // Which override runs depends on the object. Few ways out of an abstract method are followed; a method with a
      // body of its own stands for itself.
      const ownSelf = isFirstParameter(
        index.trees[module]!,
        inference.names.scopeOf(module, callee),
        inference,
        callee + 1,
      )
      const followed = overrides.length <= (ownSelf ? 1 : 3) && isAbstract(inference, scope)
      for (const override of overrides) {
        targets.push({ function: override, external: '', confidence: followed ? 'probable' : 'possible' })
      }
      return
    }
    case TypeKind.Class:
      targets.push({ function: table.a[type]!, external: '', confidence })
      return
    case TypeKind.Outside:
    case TypeKind.OutsideMethod:
      targets.push({ function: -1, external: table.outsideName(table.a[type]!), confidence })
      return
    case TypeKind.Instance: {
      const name = inference.nameId('__call__')
      const method = inference.memberOf(module, type, name, '__call__')
      if (table.kind[method] === TypeKind.Function) {
        targets.push({ function: table.a[method]!, external: '', confidence: 'probable' })
      }
      return
    }
    case TypeKind.OutsideInstance: {
      const owner = table.outsideName(table.a[type]!)
      if (inference.libraries.methodOf(owner, '__call__') !== undefined) {
        targets.push({ function: -1, external: `${owner}.__call__`, confidence: 'probable' })
      }
    }
  }
}

/** Methods of subclasses that hide a method, when the receiver is known by a base class only. At most eight. */
function overridesOf(inference: TypeInference, method: FunctionId, receiver: number): FunctionId[] {
  const { index, names, classes } = inference
  const name = index.scopeName[method]!
  const found: FunctionId[] = []
  for (const subclass of classes.subclasses(receiver)) {
    const module = index.scopeModule[subclass]!
    for (const node of names.bindingsIn(subclass, name)) {
      if (index.trees[module]!.kind(node) !== Kind.FunctionDef) continue
      if (found.length >= 8) return found
      found.push(names.scopeAt(module, node))
    }
  }
  return found
}

/** Whether a method only declares: its body is a docstring, `...`, `pass` or `raise NotImplementedError`. */
function isAbstract(inference: TypeInference, scope: FunctionId): boolean {
  const tree = inference.index.trees[inference.index.scopeModule[scope]!]!
  const body = tree.childOf(inference.index.scopeNode[scope]!, Kind.Body)
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Pass || kind === Kind.Raise) continue
    if (kind === Kind.Expr && (tree.kind(at + 1) === Kind.String || tree.kind(at + 1) === Kind.Ellipsis)) continue
    return false
  }
  return true
}

/** Whether an expression's meaning rests on definitions and imports alone, not on an inferred receiver. */
export function isCertain(inference: TypeInference, module: number, node: number): boolean {
  const { index, names, table } = inference
  const tree = index.trees[module]!
  switch (tree.kind(node)) {
    case Kind.Name: {
      const bound = names.lookUp(names.scopeOf(module, node), tree.name(node))
      if (bound === undefined) return true
      if (bound.nodes.length > 2) return false
      const other = index.trees[index.scopeModule[bound.scope]!]!
      return bound.nodes.every((at) => {
        const kind = other.kind(at)
        return kind === Kind.Alias || kind === Kind.FunctionDef || kind === Kind.ClassDef
      })
    }
    case Kind.Attribute: {
      const object = inference.typeOf(module, node + 1)
      switch (table.kind[object]) {
        case TypeKind.Module:
        case TypeKind.Outside:
        case TypeKind.Class:
          return (
            isCertain(inference, module, node + 1) ||
            isFirstParameter(tree, names.scopeOf(module, node), inference, node + 1)
          )
        case TypeKind.Super:
          return true
        case TypeKind.Instance:
          return isFirstParameter(tree, names.scopeOf(module, node), inference, node + 1)
        default:
          return isManager(inference, module, node + 1, object)
      }
    }
    case Kind.Call: {
      // `Model.objects.filter(…).get()`: a chain that starts at a manager stays as sure as its start.
      const object = inference.typeOf(module, node)
      return isManager(inference, module, node, object) && isCertain(inference, module, node + 1)
    }
    case Kind.Subscript:
      return isCertain(inference, module, node + 1)
    default:
      return false
  }
}

/** A Django manager or query set that hangs on a model class named in the code. */
function isManager(inference: TypeInference, module: number, node: number, type: TypeId): boolean {
  const { table } = inference
  const kind = table.kind[type]
  if (kind !== TypeKind.OutsideInstance && kind !== TypeKind.Instance) return false
  if (kind === TypeKind.Instance && table.b[type] === 0) return false
  if (kind === TypeKind.OutsideInstance && !table.outsideName(table.a[type]!).startsWith('django.db.models.'))
    return false
  const tree = inference.index.trees[module]!
  let at = node
  while (tree.kind(at) === Kind.Call || tree.kind(at) === Kind.Attribute) {
    if (table.kind[inference.typeOf(module, at)] === TypeKind.Class) return isCertain(inference, module, at)
    at++
  }
  return (
    tree.kind(at) === Kind.Name &&
    table.kind[inference.typeOf(module, at)] === TypeKind.Class &&
    isCertain(inference, module, at)
  )
}

function isFirstParameter(tree: SyntaxTree, scope: number, inference: TypeInference, node: number): boolean {
  if (tree.kind(node) !== Kind.Name) return false
  const { index } = inference
  for (let at = scope; at >= 0; at = index.scopeParent[at]!) {
    if (inference.ownerOf(at) < 0) continue
    const definition = index.scopeNode[at]!
    const first = tree.childOf(definition, Kind.Param)
    return first >= 0 && tree.name(first) === tree.name(node)
  }
  return false
}

/** Cost of a resolved call: the first target that a library table says blocks. */
export function costOf(inference: TypeInference, targets: readonly CallTarget[]): Cost | undefined {
  for (const target of targets) {
    if (target.external === '' || target.confidence === 'possible') continue
    const entry = entryOfTarget(inference, target.external)
    if (entry?.effect === undefined || entry.isAsync) continue
    return { effect: entry.effect, name: target.external, confidence: target.confidence }
  }
  return undefined
}

/** Table entry of a called name: a function, a method, or the `__init__` of a class. */
export function entryOfTarget(inference: TypeInference, name: string): LibraryEntry | undefined {
  return inference.entryOf(name) ?? inference.libraries.methodOf(name, '__init__')?.entry
}
