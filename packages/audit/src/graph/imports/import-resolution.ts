// Where an import statement leads: a module of the project, or a name outside it.
import { compareOp, importLevel, Kind, Op } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ImportTier, ModuleId } from '../contract.ts'
import type { ModuleMap } from './module-map.ts'

/** Absolute dotted name that an ImportFrom statement names, and the project module there (-1: none). */
export interface ImportSource {
  readonly module: ModuleId
  /** Outside name such as `sqlalchemy.orm`, or the project name as written; '' for a relative import above the root. */
  readonly name: string
  /** Folder for relative imports, undefined for absolute ones: submodules are looked up below it. */
  readonly folder: string | undefined
}

/** Resolves the `from X` part of an ImportFrom. */
export function importSource(map: ModuleMap, tree: SyntaxTree, from: ModuleId, node: number): ImportSource {
  const name = tree.text(node)
  if (map.language === 'typescript') return { module: map.find(name, from), name: outsideName(name), folder: undefined }
  const level = importLevel(tree.flags(node))
  if (level === 0) return { module: map.find(name, from), name, folder: undefined }
  let folder = map.folders[from]!
  for (let up = 1; up < level; up++) {
    const slash = folder.lastIndexOf('/')
    folder = slash < 0 ? '' : folder.slice(0, slash)
  }
  const below = name.replaceAll('.', '/')
  const target = below === '' ? folder : folder === '' ? below : `${folder}/${below}`
  return { module: map.findBelow(folder, name), name: '', folder: target }
}

/** A specifier as the library tables write it: Node's own modules without their scheme. */
export const outsideName = (specifier: string): string => specifier.replace(/^node:/, '')

/** The module that `from source import name` means when `name` is a submodule, or -1. */
export function submoduleOf(map: ModuleMap, source: ImportSource, from: ModuleId, name: string): ModuleId {
  if (source.module >= 0) return map.submodule(source.module, name)
  if (source.folder !== undefined) return map.findBelow(source.folder, name)
  const dot = source.name.indexOf('.')
  if (!map.mayOwn(dot < 0 ? source.name : source.name.slice(0, dot))) return -1
  return map.find(`${source.name}.${name}`, from)
}

/** When an import statement runs, from the blocks around it. `inFunction` says whether its scope is a function. */
export function importTier(tree: SyntaxTree, node: number, inFunction: boolean): ImportTier {
  let from = node
  for (let at = tree.parent(node); at > 0; from = at, at = tree.parent(at)) {
    const kind = tree.kind(at)
    if ((kind === Kind.If || kind === Kind.Elif) && tree.kind(from) === Kind.Body && isTypeOnlyTest(tree, at + 1)) {
      return 'type-only'
    }
    if (kind === Kind.Else && tree.kind(tree.parent(at)) === Kind.If) {
      const test = tree.parent(at) + 1
      if (tree.kind(test) === Kind.UnaryOp && isTypeOnlyTest(tree, test + 1)) return 'type-only'
    }
  }
  return inFunction ? 'deferred' : 'runtime'
}

/** Whether an import may be missing or chosen: inside try with a handler, or under a condition. */
export function isOptionalImport(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at > 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.Try || kind === Kind.If) return true
    if (kind === Kind.FunctionDef || kind === Kind.ClassDef) return false
  }
  return false
}

function isTypeOnlyTest(tree: SyntaxTree, test: number): boolean {
  const kind = tree.kind(test)
  if (kind === Kind.False) return true
  if (kind === Kind.Number) return tree.value(test) === 0 && tree.flags(test) !== 0
  // `if TYPE_CHECKING is True:` and `== True`.
  if (kind === Kind.Compare) {
    const operator = compareOp(tree.value(test), 0)
    const right = tree.nextSibling(test + 1)
    return (
      (operator === Op.Is || operator === Op.Equal) &&
      tree.nextSibling(right) < 0 &&
      tree.kind(right) === Kind.True &&
      isTypeOnlyTest(tree, test + 1)
    )
  }
  return (kind === Kind.Name || kind === Kind.Attribute) && tree.text(test) === 'TYPE_CHECKING'
}
