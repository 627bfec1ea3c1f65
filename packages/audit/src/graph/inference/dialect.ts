// What the same tree means in one language and not in another. Everything else about types is one for all languages.
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ImportSource } from '../imports/import-resolution.ts'
import type { TypeId } from './type-table.ts'

/** A language's own answers. Nodes are those of `tree`, which is the tree of `module`. */
export interface Dialect {
  readonly isTypeScript: boolean
  /** A name that nothing in the project binds. */
  builtin(text: string): TypeId
  /** What a module offers to importers besides the names bound at its top. */
  offered(module: number, name: number, depth: number): TypeId
  /** The name that `import a.b as c`, or `import x = require('y')`, binds. */
  importedWhole(module: number, tree: SyntaxTree, alias: number): TypeId
  /** A name imported from what is no module of the project, or is one that does not bind it. */
  importedFrom(module: number, source: ImportSource, name: string): TypeId
  /** `{ … }`. */
  dictionary(module: number, tree: SyntaxTree, node: number): TypeId
  /** An annotation with arguments under a head that only this language reads so; undefined for any other head. */
  generic(module: number, tree: SyntaxTree, node: number, head: string): TypeId | undefined
  /** An annotation that names a generic type and gives it no argument; undefined for any other name. */
  bareGeneric(text: string): TypeId | undefined
  /** An attribute of a function. */
  functionMember(callee: TypeId, text: string): TypeId
  /** A call of a bare name with a meaning of its own; undefined for an ordinary one. */
  specialCall(module: number, tree: SyntaxTree, node: number, name: string): TypeId | undefined
  /** What a call that constructs (`new X()`) makes of a library's class; undefined where calls look alike. */
  constructed(callee: TypeId, tree: SyntaxTree, node: number): TypeId | undefined
  /** What an async function gives once it has been awaited, from what it declares. */
  settled(declared: TypeId): TypeId
  /** Result of `await`. */
  awaited(type: TypeId): TypeId
}
