// One setting of the environment, as data.
import type { OutputOf, Schema } from './schema.ts'

/** One environment variable: how it is read, what it is for, and what stands in when it is not there. */
export interface Setting<S extends Schema = Schema> {
  readonly kind: 'setting'
  /** Reads the text of the variable. */
  readonly schema: S
  /** What it is for, in one sentence; shown with a fault. */
  readonly summary: string
  /** Never shown, neither in a fault nor in a log. */
  readonly secret: boolean
  readonly fallback: OutputOf<S> | undefined
  /** Stands in during development and tests only; production insists on a value. */
  readonly developmentFallback: OutputOf<S> | undefined
  /** True when the value may be missing altogether. */
  readonly optional: boolean
}

/** What `setting` takes. */
export interface SettingOptions<S extends Schema> {
  readonly schema: S
  readonly summary: string
  readonly secret?: boolean
  readonly default?: OutputOf<S>
  /** Used in development and tests; in production the variable must be set. */
  readonly developmentDefault?: OutputOf<S>
}

/** Declares a required setting, or one with a default: `setting({ schema: z.string().min(32), secret: true, summary: '…' })`. */
export function setting<const S extends Schema>(options: SettingOptions<S>): Setting<S> {
  return Object.freeze({
    kind: 'setting',
    schema: options.schema,
    summary: options.summary,
    secret: options.secret ?? false,
    fallback: options.default,
    developmentFallback: options.developmentDefault,
    optional: false,
  })
}

/** A setting that may be missing; its value is then undefined. */
export interface OptionalSetting<S extends Schema = Schema> extends Setting<S> {
  readonly optional: true
}

/** Declares a setting that may be missing. */
export function optionalSetting<const S extends Schema>(
  options: Omit<SettingOptions<S>, 'default' | 'developmentDefault'>,
): OptionalSetting<S> {
  return Object.freeze({ ...setting(options), optional: true })
}

/** The values of settings, by variable name. */
export type Settled<Settings extends Readonly<Record<string, Setting>>> = {
  readonly [Name in keyof Settings]: Settings[Name] extends OptionalSetting<infer S>
    ? OutputOf<S> | undefined
    : Settings[Name] extends Setting<infer S>
      ? OutputOf<S>
      : never
}
