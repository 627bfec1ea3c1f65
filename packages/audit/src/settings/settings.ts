// What a project may declare about itself in footing.config.ts or footing.config.json.
import type { RuleId, Severity } from '../findings/finding.ts'

/** The audit's part of the configuration; every field is optional there and has its default here. */
export interface AuditSettings {
  /** Paths (globs with `*` and `**`) left out, besides .gitignore. */
  readonly exclude: readonly string[]
  /** Domain packages (dotted names) that every other may import and that may import back: `package-cycle` stays silent. */
  readonly sharedKernel: readonly string[]
  /** Severity of a rule, or 'off' with a reason in the file's comment. */
  readonly rules: Readonly<Partial<Record<RuleId, Severity | 'off'>>>
}

/** Settings of a project that declares nothing. */
export const DEFAULT_SETTINGS: AuditSettings = { exclude: [], sharedKernel: [], rules: {} }
