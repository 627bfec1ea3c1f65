// What the manifests of a TypeScript or JavaScript tree say about who is called what: packages, workspaces, compilers.
import type { IgnoreFile } from './ignored-paths.ts'

/** One package.json. */
export interface PackageManifest {
  /** Below the audited root, '' for the root itself. */
  readonly folder: string
  readonly path: string
  /** '' when it has none. */
  readonly name: string
  /** Named by the `workspaces` of a package above it, by pnpm-workspace.yaml, lerna.json or rush.json. */
  readonly isWorkspace: boolean
  /** Packages that it declares, of every kind of dependency, sorted. */
  readonly dependencies: readonly string[]
  /** Dependencies that are folders (`file:`, `link:`, `workspace:`, `portal:`). */
  readonly linked: readonly string[]
  /** `source`, `module`, `main`, `types` in this order, as written, those that are set. */
  readonly entries: readonly string[]
  readonly hasExports: boolean
  /** The field `exports` as it is in the file. */
  readonly exports: unknown
  /** The field `imports`: names that begin with `#`. */
  readonly imports: unknown
  /** Programs that it installs: the names of the field `bin`, sorted. */
  readonly programs: readonly string[]
  /** Commands that people and images run: the field `scripts`, name and command. */
  readonly scripts: readonly (readonly [string, string])[]
  /** Not `private`: meant to be published. */
  readonly isPublished: boolean
  /** It offers a build for a page: `browser`, `unpkg` or `jsdelivr`. */
  readonly isForBrowser: boolean
}

/** One alias of a compiler: `@app/*` to folders. */
export interface PathAlias {
  readonly pattern: string
  /** Below the audited root, with the star of the pattern; those that leave it are left out. */
  readonly targets: readonly string[]
}

/** One tsconfig.json or jsconfig.json with what it extends. */
export interface CompilerManifest {
  readonly folder: string
  readonly path: string
  /** Folder that bare names are looked up in, below the audited root; undefined when there is none. */
  readonly baseUrl: string | undefined
  readonly aliases: readonly PathAlias[]
  readonly conditions: readonly string[]
  /** False when imports that only types use are dropped (the compiler's standard). */
  readonly keepsUnusedImports: boolean
  readonly outDir: string | undefined
  readonly rootDir: string | undefined
}

/** Everything that decides where an import leads besides the files themselves. */
export interface Manifests {
  /** Sorted by folder. */
  readonly packages: readonly PackageManifest[]
  /** At most one a folder, sorted. */
  readonly compilers: readonly CompilerManifest[]
  /** Packages that a package.json above the audited root declares, up to the top of the repository: they are found from here. */
  readonly declaredAbove?: readonly string[]
  /** The .gitignore files: an import of a file that is ignored and not there waits for a generator. */
  readonly ignores?: readonly IgnoreFile[]
  /** Manifests that could not be read, with a sentence. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[]
}

/** Manifests of a tree that has none. */
export const NO_MANIFESTS: Manifests = { packages: [], compilers: [], problems: [] }
