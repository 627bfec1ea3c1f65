// What a module is in a TypeScript project: a folder with a name, a public face, and perhaps needs, tables and an owner.
import type { Place } from '../facts/place.ts'
import type { RuleContext } from '../rule/rule.ts'

/** What modules are found in: the part of a rule's context that says where files are and what is declared. */
export type BoundaryContext = Pick<RuleContext, 'language' | 'program' | 'trees' | 'manifests' | 'settings'>

/** Number of a module: its place in `BoundaryModel.modules`. */
export type BoundaryId = number

/** How a module came to be known, the surest first. */
export type ModuleOrigin = 'manifest' | 'settings' | 'workspace' | 'folder'

/** What others may import of a module. `files` are paths below the root; `open` says that nothing was declared. */
export interface ModuleFace {
  readonly kind: 'files' | 'package' | 'open'
  readonly files: ReadonlySet<string>
  /** Package name by which a workspace package is imported, or ''. */
  readonly package: string
  /** `exports` of its package.json as keys (`.`, `./sub`, `./sub/*`); undefined when there are none. */
  readonly exports: readonly string[] | undefined
  /** What it is, for people: `billing.module.ts`, `index.ts`, `the exports of its package.json`. */
  readonly words: string
}

/** A module of the project. Modules may lie inside of others: those of an application inside of its workspace package. */
export interface BoundaryModule {
  readonly id: BoundaryId
  readonly name: string
  /** Below the audited root, never ''. */
  readonly folder: string
  readonly origin: ModuleOrigin
  /** Where it is declared: its manifest, its package.json; the folder's first line for one found by its folder. */
  readonly declaredAt: Place
  readonly face: ModuleFace
  /** Names of the modules that it may import; undefined when it did not say. */
  readonly needs: readonly string[] | undefined
  /** Names of the modules whose events it hears without needing them. */
  readonly hears: readonly string[]
  /** Files by which it hears them: the only ones of those modules that it may import. */
  readonly contracts: ReadonlySet<string>
  readonly owner: string
  readonly tables: readonly string[]
  /** Tables and views of other modules that it may read, by module; `*` holds what was given without one. */
  readonly reads: ReadonlyMap<string, readonly string[]>
  readonly operations: readonly string[]
  readonly events: readonly string[]
  /** The innermost module around it, or -1. */
  readonly parent: BoundaryId
}

/** Modules of a project and which file belongs to which. */
export interface BoundaryModel {
  readonly modules: readonly BoundaryModule[]
  /** The innermost module of each file, by module id of the program; -1 outside of all. */
  readonly of: Int32Array
  /** What of the declarations could not be used, as sentences with their place. */
  readonly problems: readonly { readonly place: Place; readonly what: string }[]
}

/** The module, the one around it, and so on outwards. */
export function* chainOf(model: BoundaryModel, id: BoundaryId): Generator<BoundaryModule> {
  for (let at = model.modules[id]; at !== undefined; at = model.modules[at.parent]) yield at
}

/**
 * The two modules between which an import goes: on each side the outermost module that does not hold the other side.
 * Undefined for an import inside of one module; `from` is undefined for a file that no such module holds.
 */
export function crossing(
  model: BoundaryModel,
  fromFile: number,
  toFile: number,
): { readonly from: BoundaryModule | undefined; readonly to: BoundaryModule } | undefined {
  const inner = model.of[toFile] ?? -1
  const outer = model.of[fromFile] ?? -1
  if (inner < 0 || inner === outer) return undefined
  const around = new Set([...chainOf(model, outer)].map(({ id }) => id))
  const within = new Set([...chainOf(model, inner)].map(({ id }) => id))
  const to = [...chainOf(model, inner)].filter(({ id }) => !around.has(id)).at(-1)
  const from = [...chainOf(model, outer)].filter(({ id }) => !within.has(id)).at(-1)
  return to === undefined ? undefined : { from, to }
}
