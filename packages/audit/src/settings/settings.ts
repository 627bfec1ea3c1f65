// What a project may declare about itself in footing.config.ts, footing.config.json or the `footing` part of package.json.
import type { RuleId, Severity } from '../detection/detection.ts'

/** The audit's part of the configuration; every field is optional there and has its default here. */
export interface AuditSettings {
  /** Paths (globs with `*` and `**`) left out, besides .gitignore. */
  readonly exclude: readonly string[]
  /** Domain packages (dotted names) that every other may import and that may import back: `package-cycle` stays silent. */
  readonly sharedKernel: readonly string[]
  /** Severity of a rule, or 'off' with a reason in the file's comment. */
  readonly rules: Readonly<Partial<Record<RuleId, Severity | 'off'>>>
  /** Where the modules of a TypeScript project are; the `boundaries` part of the file, beside `audit`. */
  readonly boundaries: BoundarySettings
}

/** What a TypeScript project without manifests says about its modules. Module names are folder names. */
export interface BoundarySettings {
  /** Folders that are modules, as globs: `src/modules/*`. None: found by manifests, workspaces and usual folder names. */
  readonly modules: readonly string[]
  /** Files of a module that others may import, as globs below the module's folder. None: its `index`. */
  readonly public: readonly string[]
  /** The modules that a module may import; a module without an entry may import all. */
  readonly needs: Readonly<Record<string, readonly string[]>>
  /** Tables that a module owns: nobody else writes them. */
  readonly tables: Readonly<Record<string, readonly string[]>>
  /** Tables and views of others that a module may read. */
  readonly reads: Readonly<Record<string, readonly string[]>>
  /** Where SDKs of vendors are at home, as globs; they make `vendor-sdk-outside-driver` strict. */
  readonly drivers: readonly string[]
  /** More packages that count as a vendor's SDK: `@acme/crm-sdk`, `@crm/*`. */
  readonly vendors: readonly string[]
}

/** Boundaries of a project that declares nothing. */
export const DEFAULT_BOUNDARIES: BoundarySettings = {
  modules: [],
  public: [],
  needs: {},
  tables: {},
  reads: {},
  drivers: [],
  vendors: [],
}

/** Settings of a project that declares nothing. */
export const DEFAULT_SETTINGS: AuditSettings = {
  exclude: [],
  sharedKernel: [],
  rules: {},
  boundaries: DEFAULT_BOUNDARIES,
}
