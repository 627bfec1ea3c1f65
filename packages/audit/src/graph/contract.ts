// The program that a rule sees: modules, imports, functions, calls, entry points and who reaches whom.
//
// Everything is numbered densely so that a rule over a million lines touches arrays, not objects. Calls and types are
// resolved on first question and remembered; a rule that asks nothing costs nothing.
import type { Confidence, Place } from '../facts/place.ts'

/** Why an import leads nowhere. */
export type NowhereCause =
  | 'file-missing'
  | 'package-undeclared'
  | 'alias-unmatched'
  | 'subpath-missing'
  | 'computed'
  | 'builtin-unknown'

/** Number of a module of the program: its place in `Program.modules`, equal to the place of its facts. */
export type ModuleId = number
/** Number of a body of code (module, class, function or lambda) across the whole program. */
export type FunctionId = number
/** Number of a call expression across the whole program. */
export type CallId = number
/** Number of a package of the program: its place in `Program.packages`. */
export type PackageId = number

/** One file of the program as an importable unit. */
export interface Module {
  readonly id: ModuleId
  /** Path relative to the audited root, with forward slashes. */
  readonly path: string
  /**
   * Dotted name from its source root, for example `shop.orders.views`; of TypeScript the path without its ending, for
   * example `src/orders/orders.service`.
   */
  readonly name: string
  /** Domain package that owns it; -1 for a module outside every package (a script at the root). */
  readonly domain: PackageId
  /**
   * What the file is for, decided by its path and framework conventions, never by the project's name. `apart`: code of a
   * program that serves nobody, such as a front end or a command line, as the inventory of programs found.
   */
  readonly role: 'code' | 'test' | 'migration' | 'script' | 'configuration' | 'example' | 'stub' | 'apart'
  /** True for `__init__.py`, and for `index.ts` and alike. */
  readonly isPackage: boolean
}

/**
 * A domain package: a folder directly under a source root's single top package (or an application folder), that is,
 * the level at which the project divides itself.
 */
export interface DomainPackage {
  readonly id: PackageId
  /** Dotted name, for example `shop.orders`. */
  readonly name: string
  /** Folder relative to the audited root. */
  readonly path: string
  /** Folder that has to be on `sys.path` for its modules to import; one per back end of a monorepo. */
  readonly root: string
  readonly modules: readonly ModuleId[]
}

/** When an import runs: at import time, inside a function, or only for the type checker. */
export type ImportTier = 'runtime' | 'deferred' | 'type-only'

/** How an import is written. `re-export` is `export … from`; `dynamic` is `import()`. */
export type ImportKind = 'static' | 'type' | 'dynamic' | 're-export' | 'require'

/** An arrow between two modules of the project: `from` imports `to`. Several statements may make one arrow. */
export interface ImportEdge {
  readonly from: ModuleId
  readonly to: ModuleId
  /** The strongest tier among the statements that make the arrow. */
  readonly tier: ImportTier
  /** How the strongest statement is written; `static` in Python. */
  readonly kind: ImportKind
  /** Line of the first statement of that tier. */
  readonly line: number
  /** True when it is inside try/except ImportError or another condition. */
  readonly optional: boolean
  /** True when the arrow comes from constant text: `import_module('a.b')`, INSTALLED_APPS, a dotted path. */
  readonly dynamic: boolean
  /** Names taken from the target by `from … import …`; empty for a plain import; `['*']` for a star import. */
  readonly names: readonly string[]
}

/** Where an import statement of TypeScript leads. */
export type ImportTarget =
  | { readonly to: 'module'; readonly module: ModuleId }
  /** A package, declared or not told (no package.json above): `@aws-sdk/client-s3`. */
  | { readonly to: 'package'; readonly name: string }
  /** `fs` for `node:fs` and `fs`. */
  | { readonly to: 'builtin'; readonly name: string }
  /** A file of the tree that is no module: JSON, style sheets, generated or broken sources. */
  | { readonly to: 'file'; readonly path: string }
  /** `name` is the package or alias in question; `reason` is a sentence without its full stop. */
  | { readonly to: 'nowhere'; readonly cause: NowhereCause; readonly name: string; readonly reason: string }

/** An import of TypeScript or JavaScript as it is written. */
export interface ImportStatement {
  readonly from: ModuleId
  readonly line: number
  readonly kind: ImportKind
  /** Gone at run time: `import type`, every name a type, `export type … from`, `import('x')` in a type. */
  readonly typeOnly: boolean
  /** When it runs. */
  readonly tier: ImportTier
  readonly specifier: string
  /** Imported names: `default`, `*`; none for side effects, `import()` and `require`. */
  readonly names: readonly string[]
  readonly target: ImportTarget
}

/** A set of modules that import each other in a circle, with the cheapest way out. */
export interface ImportCycle {
  /** Members, sorted by module path. */
  readonly modules: readonly ModuleId[]
  readonly tier: 'runtime' | 'deferred'
  /** A small set of arrows whose removal leaves no circle, cheapest first. */
  readonly cuts: readonly ImportCut[]
}

/** One arrow to cut, with the shortest circle it closes, drawn from `edge.from` back to `edge.from`. */
export interface ImportCut {
  readonly edge: ImportEdge
  readonly circle: readonly ImportEdge[]
}

/** Arrows between modules of the project. */
export interface ImportGraph {
  /** Sorted by importing module, then line. */
  readonly edges: readonly ImportEdge[]
  importsOf(module: ModuleId): readonly ImportEdge[]
  importersOf(module: ModuleId): readonly ImportEdge[]
  /** Imports of TypeScript and JavaScript as written, sorted by importing module, then line; none for Python. */
  readonly statements: readonly ImportStatement[]
  statementsOf(module: ModuleId): readonly ImportStatement[]
  /**
   * Circles over the arrows of the tier and the stronger ones: `runtime` counts import-time arrows only, `deferred`
   * adds those inside functions. Largest first, ties by path.
   */
  cycles(tier: 'runtime' | 'deferred'): readonly ImportCycle[]
  /** Import statements that lead to modules of the project or to known third parties, and those that lead nowhere. */
  readonly coverage: { readonly statements: number; readonly resolved: number; readonly external: number }
  /** Third-party or standard library top names imported by a module, for example `boto3`, with the first line. */
  externalsOf(module: ModuleId): ReadonlyMap<string, number>
}

/** A body of code: the module body, a class body, a function, a method or a lambda. */
export interface FunctionInfo {
  readonly id: FunctionId
  readonly module: ModuleId
  readonly kind: 'module' | 'class' | 'function' | 'lambda'
  /** Qualified name inside its module, for example `Orders.create`; `<module>` for the module body. */
  readonly name: string
  /** Line of `def`, not of its first decorator. */
  readonly line: number
  readonly endLine: number
  readonly isAsync: boolean
  readonly isGenerator: boolean
  /** The class that owns a method, else -1. */
  readonly owner: FunctionId
}

/** What a call may reach: a function of the project, or a name of a library. */
export interface CallTarget {
  /** Function (or class, for a constructor) of the project, else -1. */
  readonly function: FunctionId
  /** Full name in a library, for example `requests.get` or `sqlalchemy.orm.Session.commit`; empty for the project's own. */
  readonly external: string
  readonly confidence: Confidence
}

/**
 * What a library call that blocks its thread spends its time on. `stat` is a short question to the file system,
 * `vendor` a vendor's SDK over the network, `wait` a lock, a thread, a future or a nested event loop.
 */
export type Effect = 'database' | 'network' | 'dns' | 'sleep' | 'process' | 'file' | 'stat' | 'vendor' | 'cpu' | 'wait'

/** How code is entered from outside. */
export type EntryKind =
  | 'route'
  | 'websocket'
  | 'dependency'
  | 'middleware'
  | 'exception-handler'
  | 'task'
  | 'scheduled'
  | 'command'
  | 'startup'
  | 'signal'

/** A function that a framework calls. */
export interface EntryPoint {
  readonly kind: EntryKind
  readonly framework: string
  readonly function: FunctionId
  /** What people call it: `GET /tags/{id}`, `task orders.send`, `middleware session`. */
  readonly label: string
  /** Where it is registered (decorator, urls.py line, add_route). */
  readonly place: Place
  /** Whether the framework runs it on the event loop: an async function, or a sync one that it calls directly. */
  readonly onEventLoop: boolean
}

/** Who uses a function: entry points that reach it, by kind. */
export interface Reach {
  /** Entry points of the given kinds that reach the function, nearest first, at most `limit`. */
  entriesOf(fn: FunctionId, kinds: readonly EntryKind[], limit?: number): readonly EntryPoint[]
  /** True when any entry point of these kinds reaches the function. */
  isReachable(fn: FunctionId, kinds: readonly EntryKind[]): boolean
  /** Number of routes and websockets that reach the function (its fan-out). */
  routes(fn: FunctionId): number
  /** Shortest call chain from an entry point to the function, as calls; empty when the entry is the function. */
  chain(entry: EntryPoint, fn: FunctionId): readonly CallId[]
}

/** A call as a rule reads it. */
export interface CallInfo {
  readonly id: CallId
  readonly module: ModuleId
  /** The body that contains it. */
  readonly caller: FunctionId
  readonly line: number
  /** `await f()` directly. */
  readonly awaited: boolean
  /** Callee as written, for example `self.repos.tags.page_all`, calls shown as `()`, at most 80 characters. */
  readonly text: string
}

/** The whole audited program. */
export interface Program {
  readonly modules: readonly Module[]
  readonly packages: readonly DomainPackage[]
  readonly imports: ImportGraph
  readonly entries: readonly EntryPoint[]
  readonly reach: Reach
  /** Number of bodies; ids run from 0 to this. */
  readonly functionCount: number
  /** Number of calls; ids run from 0 to this. */
  readonly callCount: number
  functionInfo(fn: FunctionId): FunctionInfo
  callInfo(call: CallId): CallInfo
  /** Calls directly in a body (not in functions nested in it), in source order. */
  callsIn(fn: FunctionId): readonly CallId[]
  /** Calls of a module in source order, by id range: [from, to). */
  callRange(module: ModuleId): readonly [number, number]
  /** What a call may reach; empty when nothing is known. Remembered. */
  targetsOf(call: CallId): readonly CallTarget[]
  /** First target of a library, or empty text: the shortcut for "is this `boto3.client`?". */
  externalOf(call: CallId): string
  /** Cost of a library call, or undefined when it costs nothing or is not known. */
  effectOf(
    call: CallId,
  ): { readonly effect: Effect; readonly name: string; readonly confidence: Confidence } | undefined
  /** Calls that may reach a function. Resolves every call of the program on first use. */
  callersOf(fn: FunctionId): readonly CallId[]
  /** Body by its facts: module and the number of the scope in that module's facts. */
  functionAt(module: ModuleId, scope: number): FunctionId
  /** Call by its facts: module and the number of the call in that module's facts. */
  callAt(module: ModuleId, call: number): CallId
  /** Node of a call in its module's tree: the other way round. */
  callNode(call: CallId): number
  /** Full name of what an expression of a module's facts is: a library name, or `module:Qual.name` of the project. */
  nameOf(module: ModuleId, expression: number): string
  /** Full names of the classes that the value of an expression may be an instance of. */
  instanceOf(module: ModuleId, expression: number): readonly string[]
  /** True when a call (or everything in a nested function) is handed to a thread, a process pool or an executor. */
  isOffloaded(call: CallId): boolean
  readonly coverage: { readonly calls: number; readonly resolved: number }
}
