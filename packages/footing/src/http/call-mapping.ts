// How the parts of a request become the input of an operation, read from the route's own mapping: once, at start.
import type { ErrorIssue } from '@footing/kernel'
import { moduleErrors } from '../module/errors.ts'
import { escapePointer } from '../module/portable.ts'
import type { AnyRoute, Calling, CheckedInput } from '../module/route.ts'
import { type JsonSchema, jsonSchemaOf } from '../module/schema.ts'
import { type Origin, originOf, placeholder, runMapping, Unclear } from './placeholder.ts'
import {
  definitionsOf,
  keepText,
  movable,
  propertiesOf,
  propertyAt,
  type SchemaProperty,
  textReader,
} from './schema-node.ts'

/** Parts of a request that an operation can describe. */
type Part = 'params' | 'query' | 'body'

/** One value on its way from the request to the operation. */
interface Flow {
  readonly from: Origin
  readonly to: readonly string[]
}

/** What is known about the request of a route that calls an operation. */
export interface CallMapping {
  /** Descriptions of parts that the route leaves to the operation. */
  readonly params: ReadonlyMap<string, SchemaProperty>
  readonly query: ReadonlyMap<string, SchemaProperty>
  readonly body: SchemaProperty | undefined
  /** The parts as the mapping takes them: texts that mean numbers have become numbers. @throws `invalid-input` */
  readonly prepare: (part: Part, value: unknown) => unknown
  /** The places of faults as the client knows them: `/query/limit` instead of `/limit`. */
  readonly located: (issues: readonly ErrorIssue[]) => readonly ErrorIssue[]
}

/**
 * Reads the mapping of a route.
 * @throws `route-unclear` when it computes with a part that the route does not declare
 */
export function readMapping(route: AnyRoute, calling: Calling, label: string): CallMapping {
  const { operation } = calling
  const root = operation.in === undefined ? {} : movable(jsonSchemaOf(operation.in, 'input', 'draft-2020-12', label))
  const open = (['params', 'query', 'body'] as const).filter((part) => route[part] === undefined)
  const flows = operation.in === undefined ? [] : flowsOf(route, calling, root, open, label)
  const read = (part: Part) => (open.includes(part) ? flows.filter(({ from }) => from[0] === part) : [])
  const params = described(root, read('params'))
  const query = described(root, read('query'))
  const body = read('body')
  const texts = { params: readersOf(params), query: readersOf(query) }
  return {
    params,
    query,
    body: body.length === 0 ? undefined : bodyOf(root, body),
    prepare: preparation(texts, body, label),
    located: (issues) => issues.map((issue) => ({ ...issue, pointer: locate(issue.pointer, flows) })),
  }
}

/** The input of an operation that a route without `input` makes: everything by its name. */
export function inputByName(route: AnyRoute): (request: CheckedInput) => unknown {
  const fromQuery = route.method === 'GET' || route.method === 'DELETE'
  return ({ params, query, body }) => ({ ...((fromQuery ? query : body) as object), ...(params as object) })
}

function flowsOf(
  route: AnyRoute,
  calling: Calling,
  root: JsonSchema,
  open: readonly Part[],
  label: string,
): readonly Flow[] {
  const touched = new Set<string>()
  const names = ([part, ...path]: Origin): Iterable<string> | undefined => {
    if (part === 'params') return path.length === 0 ? pathNames(route.path) : undefined
    if (part !== 'query' && part !== 'body') return undefined
    const at = propertyAt(root, path)
    return at === undefined ? undefined : propertiesOf(root, at.node)?.keys()
  }
  const touch = ([part = '']: Origin) => touched.add(part)
  // What is declared is described by its own schema, so the mapping may compute with it.
  const primitive = ([part = '']: Origin) => (open.some((name) => name === part) || part === 'user' ? undefined : 1)
  const part = (name: string) => placeholder([name], { names, touched: touch, primitive })
  try {
    const parts = { params: part('params'), query: part('query'), body: part('body'), user: part('user') }
    const added = placeholder(['added'], { names: () => undefined })
    const all = new Proxy(
      { ...parts, headers: part('headers') },
      {
        // What middleware adds is not known here; it can be placed like the rest.
        get: (target, key) => {
          if (typeof key === 'string' && Object.hasOwn(target, key)) return Reflect.get(target, key)
          return Reflect.get(added, key)
        },
      },
    )
    return collect(runMapping((calling.input ?? inputByName(route)) as (value: never) => unknown, all), [])
  } catch (error) {
    const missing = open.filter((name) => touched.has(name))
    if (!(error instanceof Unclear)) throw error
    if (missing.length === 0) return []
    throw moduleErrors('route-unclear', {
      details: { route: label, part: 'input', reason: error.message, declare: missing.join(' and ') },
      cause: error,
    })
  }
}

/** Where the values of a result come from; what comes from nowhere is a constant. */
function collect(value: unknown, to: readonly string[]): readonly Flow[] {
  const from = originOf(value)
  if (from !== undefined) return [{ from, to }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => collect(part, [...to, key]))
}

function pathNames(path: string): readonly string[] {
  return [...path.matchAll(/:([A-Za-z0-9_]+)/g)].map(([, name = '']) => name)
}

/** What each text of a path or a query is, by its name. */
function described(root: JsonSchema, flows: readonly Flow[]): ReadonlyMap<string, SchemaProperty> {
  const found = new Map<string, SchemaProperty>()
  for (const { from, to } of flows) {
    const name = from[1]
    const at = propertyAt(root, to)
    if (name === undefined) {
      // The whole query is the input, or a part of it.
      for (const [key, property] of (at && propertiesOf(root, at.node)) ?? []) found.set(key, whole(root, property))
    } else if (from.length === 2) {
      found.set(name, whole(root, at ?? { node: {}, required: false }))
    }
  }
  return found
}

function whole(root: JsonSchema, { node, required }: SchemaProperty): SchemaProperty {
  return { node: { ...node, ...definitionsOf(root) }, required }
}

/** The body as an object of the parts that are taken from it, or what it is as a whole. */
function bodyOf(root: JsonSchema, flows: readonly Flow[]): SchemaProperty {
  const tree = bodyNode(
    root,
    flows.map(({ from, to }) => ({ from: from.slice(1), to })),
  )
  return whole(root, tree)
}

function bodyNode(root: JsonSchema, flows: readonly Flow[]): SchemaProperty {
  const itself = flows.find(({ from }) => from.length === 0)
  if (itself) return propertyAt(root, itself.to) ?? { node: {}, required: true }
  const names = [...new Set(flows.map(({ from }) => from[0] ?? ''))]
  const parts = names.map((name) => {
    const below = flows.filter(({ from }) => from[0] === name).map(({ from, to }) => ({ from: from.slice(1), to }))
    return [name, bodyNode(root, below)] as const
  })
  const required = parts.filter(([, part]) => part.required).map(([name]) => name)
  return {
    node: {
      type: 'object',
      properties: Object.fromEntries(parts.map(([name, part]) => [name, part.node])),
      ...(required.length === 0 ? {} : { required }),
    },
    required: required.length > 0,
  }
}

function preparation(
  texts: Readonly<Record<'params' | 'query', readonly TextReader[]>>,
  body: readonly Flow[],
  label: string,
): CallMapping['prepare'] {
  // Objects that the mapping looks into: it must find them, whatever a stranger sends.
  const opened = [
    ...new Map(
      body
        .map(({ from }) => from.slice(1))
        .flatMap((path) => path.map((_key, end) => path.slice(0, end)))
        .map((path) => [path.join('/'), path] as const),
    ).values(),
  ].toSorted((left, right) => left.length - right.length)
  return (part, value) => {
    if (part !== 'body') return converted(value, texts[part])
    if (opened.length === 0) return value
    // Without a body the operation says which fields are missing.
    const given = value === undefined ? {} : value
    for (const path of opened) {
      const at = path.reduce<unknown>((found, key) => (isObject(found) ? found[key] : undefined), given)
      if (isObject(at)) continue
      const pointer = path.map((key) => `/${escapePointer(key)}`).join('')
      throw moduleErrors('invalid-input', {
        details: { operation: label },
        issues: [{ pointer, message: 'must be an object' }],
      })
    }
    return given
  }
}

type TextReader = readonly [name: string, read: (text: unknown) => unknown]

function readersOf(properties: ReadonlyMap<string, SchemaProperty>): readonly TextReader[] {
  return [...properties]
    .map(([name, { node }]) => [name, textReader(node, node)] as const)
    .filter(([, read]) => read !== keepText)
}

function converted(value: unknown, readers: readonly TextReader[]): unknown {
  if (readers.length === 0) return value
  const given = value as Readonly<Record<string, unknown>> // the router's and the query parser's own objects
  const result: Record<string, unknown> = { ...given }
  for (const [name, read] of readers) {
    if (Object.hasOwn(result, name)) result[name] = read(result[name])
  }
  return result
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The place of a fault in the request: that of the nearest value which came from there. */
function locate(pointer: string, flows: readonly Flow[]): string {
  const steps = pointer.split('/').slice(1)
  const nearest = flows
    .filter(({ to }) => to.every((key, index) => escapePointer(key) === steps[index]))
    .toSorted((left, right) => right.to.length - left.to.length)[0]
  if (nearest === undefined) return pointer
  const [part = '', ...path] = nearest.from
  const rest = [...path.map(escapePointer), ...steps.slice(nearest.to.length)]
  // Faults of the body begin at the body; the other parts are told apart by their names.
  return [part === 'body' ? '' : `/${part}`, ...rest].join('/')
}
