// What the library tables say of a call or an attribute, as types of the program.
import { Kind } from '../../facts/contract.ts'
import type { LibraryEntry, TypeText } from '../libraries/library-index.ts'
import type { TypeInference } from './type-inference.ts'
import { type TypeId, TypeKind, UNKNOWN } from './type-table.ts'

const WRAPPERS: Readonly<Record<string, number>> = {
  awaitable: TypeKind.Awaitable,
  list: TypeKind.List,
  iter: TypeKind.Iterator,
  aiter: TypeKind.AsyncIterator,
  context: TypeKind.Context,
  callable: TypeKind.Callable,
  dict: TypeKind.Dict,
}

/** Reads the tables. */
export class LibraryTypes {
  readonly #types: TypeInference

  constructor(types: TypeInference) {
    this.#types = types
  }

  /** The table's entry for a full name of a library: a function, or `Class.method`. */
  entryOf(name: string): LibraryEntry | undefined {
    const { libraries } = this.#types
    const entry = libraries.functionOf(name)
    if (entry !== undefined) return entry
    const dot = name.lastIndexOf('.')
    return dot < 0 ? undefined : libraries.methodOf(name.slice(0, dot), name.slice(dot + 1))?.entry
  }

  /** What a library call gives: its listed type, in a coroutine when it is async. */
  resultOf(entry: LibraryEntry, receiver: TypeId, module: number, call: number): TypeId {
    const type = entry.returns === undefined ? UNKNOWN : this.read(entry.returns, receiver, module, call)
    return entry.isAsync ? this.#types.table.wrap(TypeKind.Awaitable, type) : type
  }

  /** A type as a library table writes it, for a receiver and (when known) a call. */
  read(text: TypeText, receiver: TypeId, module: number, call: number): TypeId {
    const { table } = this.#types
    const wrapper = WRAPPERS[text.head]
    if (wrapper !== undefined && text.argument !== undefined) {
      return table.wrap(wrapper, this.read(text.argument, receiver, module, call))
    }
    const special = this.#special(text, receiver, module, call)
    if (special !== undefined) return special
    if (text.keyword !== '') {
      const argument = this.argumentOf(module, call, -1, text.keyword)
      if (argument >= 0) {
        const given = this.#types.calls.called(module, this.#types.typeOf(module, argument), -1)
        if (given !== UNKNOWN) return given
      }
    }
    const argument = text.argument === undefined ? UNKNOWN : this.read(text.argument, receiver, module, call)
    return table.outsideInstance(text.head, argument)
  }

  /** The words of the tables that stand for the receiver or an argument; undefined for the name of a class. */
  #special(text: TypeText, receiver: TypeId, module: number, call: number): TypeId | undefined {
    const { table, shapes } = this.#types
    const kind = table.kind[receiver]
    const isInstance = kind === TypeKind.OutsideInstance || kind === TypeKind.Instance
    switch (text.head) {
      case 'self':
        return isInstance ? receiver : shapes.instanceOf(receiver)
      case 'item':
        return isInstance ? table.b[receiver]! : UNKNOWN
      case 'made':
        return kind === TypeKind.Class || kind === TypeKind.Outside ? shapes.instanceOf(receiver) : receiver
      case 'class':
        return text.argument === undefined ? UNKNOWN : table.outside(text.argument.head)
      case 'first':
      case 'first()': {
        const argument = this.argumentOf(module, call, 0, '')
        if (argument < 0) return UNKNOWN
        const type = this.#types.typeOf(module, argument)
        return text.head === 'first' ? type : this.#types.calls.called(module, type, -1)
      }
      default:
        return undefined
    }
  }

  /** Node of an argument of a call, by place (not after a star) or keyword; -1 when it is not given. */
  argumentOf(module: number, call: number, place: number, keyword: string): number {
    if (call < 0 || module < 0) return -1
    const tree = this.#types.index.trees[module]!
    let i = 0
    for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
      const kind = tree.kind(at)
      if (kind === Kind.Keyword) {
        if (keyword !== '' && tree.value(at) >= 0 && tree.text(at) === keyword) return at + 1
        continue
      }
      if (kind === Kind.Starred) return -1
      if (i === place) return at
      i++
    }
    return -1
  }
}
