// All frameworks together, by what they are asked for. A new one is a file beside this and a name in the list.
import { celery } from './celery.ts'
import { django } from './django.ts'
import { fastapi } from './fastapi.ts'
import type { FieldValue, Framework } from './framework.ts'

const ALL: readonly Framework[] = [django, fastapi, celery]

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** Full names of calls that stand for what their argument provides. */
export const PROVIDERS: ReadonlySet<string> = new Set(ALL.flatMap(({ providers }) => providers ?? []))

/** The last parts of those names: a call that ends otherwise need not be asked about. */
export const PROVIDER_ENDS: ReadonlySet<string> = new Set([...PROVIDERS].map(lastPart))

/** Base classes of models. */
export const MODELS: ReadonlySet<string> = new Set(ALL.flatMap(({ models }) => models ?? []))

/** Base classes of managers. */
export const MANAGERS: ReadonlySet<string> = new Set(ALL.flatMap(({ managers }) => managers ?? []))

/** Fields of models with the manager that stands for many related ones. */
export const FIELDS: ReadonlyMap<string, { readonly value: FieldValue; readonly manager: string }> = new Map(
  ALL.flatMap(({ fields, relatedManager = '' }) =>
    Object.entries(fields ?? {}).map(([name, value]) => [name, { value, manager: relatedManager }] as const),
  ),
)

/** Ends of attributes on the other side of a relation, with what they give. */
export const REVERSE: readonly { readonly suffix: string; readonly gives: string }[] = ALL.flatMap(
  ({ reverseSuffix, relatedManager }) =>
    reverseSuffix === undefined || relatedManager === undefined
      ? []
      : [{ suffix: reverseSuffix, gives: relatedManager }],
)

/** Keywords that name the attribute on the other side of a relation, with what stands for many there. */
export const REVERSE_KEYWORDS: readonly { readonly keyword: string; readonly gives: string }[] = ALL.flatMap(
  ({ reverseKeyword, relatedManager }) =>
    reverseKeyword === undefined || relatedManager === undefined
      ? []
      : [{ keyword: reverseKeyword, gives: relatedManager }],
)

/** Classes whose instances carry whatever anybody assigned. */
export const STORE_TYPES: ReadonlySet<string> = new Set(ALL.flatMap(({ store }) => store?.type ?? []))

/** The attributes that such instances are kept in. */
export const STORE_ATTRIBUTES: readonly string[] = ALL.flatMap(({ store }) => store?.attribute ?? [])

/** Attributes of functions of the project, by name, as methods of a library: `delay`. */
export const FUNCTION_MEMBERS: ReadonlyMap<string, string> = new Map(
  ALL.flatMap(({ functionMembers }) =>
    (functionMembers?.names ?? []).map((name) => [name, `${functionMembers?.owner}.${name}`] as const),
  ),
)
