// The module map as data: what every picture, page and check of `footing map` is drawn from.

/** One operation of a port. What only running code says is undefined where the application was not loaded. */
export interface MapOperation {
  readonly name: string
  readonly summary: string | undefined
  readonly idempotent: boolean | undefined
  readonly deadlineMs: number | undefined
  /** What it takes and gives, in one line: `{ author: string }`. Undefined for nothing. */
  readonly takes: string | undefined
  readonly gives: string | undefined
}

/** One event that a module announces. */
export interface MapEvent {
  readonly name: string
  readonly summary: string | undefined
  readonly payload: string | undefined
}

/** One module. What a repository without manifests cannot say is empty. */
export interface MapModule {
  readonly name: string
  readonly owner: string | undefined
  /** Folder from the repository's root, with forward slashes. */
  readonly folder: string | undefined
  readonly operations: readonly MapOperation[]
  readonly events: readonly MapEvent[]
  readonly tables: readonly string[]
  /** Views of other modules, as `content.article_card`. */
  readonly reads: readonly string[]
  /** Names of the modules whose events it hears without needing them: no arrow, because they may need it. */
  readonly hears: readonly string[]
  readonly settings: readonly string[]
  /** Names of the modules that it may call. */
  readonly needs: readonly string[]
  /** Names of the modules that may call it. */
  readonly neededBy: readonly string[]
}

/** An arrow of the map: `from` depends on `to`. */
export interface MapArrow {
  readonly from: string
  readonly to: string
  /** Import statements behind it; undefined when a manifest declares it. */
  readonly imports: number | undefined
}

/** Modules by name and arrows by their ends, so that the same code gives the same bytes. */
export interface ModuleMap {
  readonly title: string
  /** Manifests of a Footing application, or folders and imports of any repository. */
  readonly source: 'manifests' | 'imports'
  readonly modules: readonly MapModule[]
  readonly arrows: readonly MapArrow[]
}

/** Plain text order, the same in every locale. */
export const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
