// The OpenAPI 3.1 document of an application, made of its routes and their schemas.
import { isMedia, type Media } from '../module/media.ts'
import { declaredFor } from '../module/route.ts'
import { type JsonSchema, type Schema, validate } from '../module/schema.ts'
import type { Profile } from '../work/profile.ts'
import { statusesOf } from './check-answer.ts'
import { faultStatuses } from './fault-statuses.ts'
import type { HttpOptions } from './http-options.ts'
import { basePathOf, operationIdOf, type PlacedRoute } from './place-routes.ts'
import { problemSchema } from './problem-schema.ts'
import { SchemaShelf } from './schema-shelf.ts'
import { securitySchemes } from './security-schemes.ts'

/** The API that is described. */
export interface DescribedApi {
  readonly name: string
  readonly version: string
  readonly http: HttpOptions
  readonly routes: readonly PlacedRoute[]
  readonly profile: Profile
}

/** One operation of the document. */
export interface DescribedOperation {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly deprecated?: true
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly DescribedParameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: DescribedContent }
  readonly responses: Readonly<Record<string, DescribedResponse>>
}

/** One parameter of a path or a query. */
export interface DescribedParameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly schema: JsonSchema
}

type DescribedContent = Readonly<Record<string, { readonly schema: JsonSchema }>>

/** One answer. */
export interface DescribedResponse {
  readonly description: string
  readonly content?: DescribedContent
}

/** The whole document. */
export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

/**
 * Describes an application as OpenAPI 3.1. The same routes give the same bytes.
 * @throws `schema-unusable` for a schema that JSON Schema cannot express
 */
export function describeApi(api: DescribedApi): OpenApiDocument {
  const shelf = new SchemaShelf()
  const fault = faultResponses(api, shelf)
  const schemes = securitySchemes(api.http)
  const paths: Record<string, Record<string, DescribedOperation>> = {}
  const basePath = basePathOf(api.http)
  for (const placed of api.routes) {
    const path = placed.path.slice(basePath.length) || '/'
    paths[path] ??= {}
    paths[path][placed.route.method.toLowerCase()] = describeOperation(placed, shelf, fault, Object.keys(schemes))
  }
  return {
    openapi: '3.1.1',
    info: { title: api.name, version: api.version },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    tags: [...new Set(api.routes.flatMap(tagsOf))].map((name) => ({ name })),
    paths,
    components: { schemas: shelf.schemas, securitySchemes: schemes },
  }
}

type FaultResponses = (placed: PlacedRoute) => Readonly<Record<string, DescribedResponse>>

function describeOperation(
  placed: PlacedRoute,
  shelf: SchemaShelf,
  faults: FaultResponses,
  schemes: readonly string[],
): DescribedOperation {
  const { route } = placed
  const parameters = [...pathParameters(placed, shelf), ...queryParameters(placed, shelf)]
  const requestBody = describeBody(placed, shelf)
  const known = schemes.map((scheme) => ({ [scheme]: [] }))
  return {
    operationId: operationIdOf(placed),
    ...(route.summary === undefined ? {} : { summary: route.summary }),
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: tagsOf(placed),
    ...(route.deprecated ? { deprecated: true } : {}),
    security: route.auth === 'none' ? [] : route.auth === 'optional' ? [{}, ...known] : known,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: { ...answers(placed, shelf), ...faults(placed) },
  }
}

function tagsOf({ route, module }: PlacedRoute): readonly string[] {
  return route.tags ?? [module]
}

/** Every status that the route declares, with its body. */
function answers(placed: PlacedRoute, shelf: SchemaShelf): Readonly<Record<string, DescribedResponse>> {
  const { route, path, shape } = placed
  return Object.fromEntries(
    statusesOf(placed).map((status) => {
      const own = status === route.status ? shape?.describe('draft-2020-12') : undefined
      const declared = declaredFor(route, status) ?? null
      const content = own
        ? json(shelf.take(own, 'output'))
        : declared === null
          ? undefined
          : contentOf(declared, shelf, 'output', `${route.method} ${path}`)
      const description = content === undefined ? 'Done; there is no body.' : 'The answer.'
      return [status, { description, ...(content === undefined ? {} : { content }) }]
    }),
  )
}

function describeBody({ route, path, mapping }: PlacedRoute, shelf: SchemaShelf): DescribedOperation['requestBody'] {
  if (route.body !== undefined) {
    const content = contentOf(route.body, shelf, 'input', `${route.method} ${path}`)
    return { required: isMedia(route.body) || refusesNothing(route.body), content }
  }
  if (mapping?.body === undefined) return undefined
  return { required: mapping.body.required, content: json(shelf.take(mapping.body.node, 'input')) }
}

/** True when a request without a body does not fit; a schema that works asynchronously is taken to want one. */
function refusesNothing(schema: Schema): boolean {
  const validation = validate(schema, undefined)
  return validation instanceof Promise || 'issues' in validation
}

function contentOf(
  body: Schema | Media,
  shelf: SchemaShelf,
  side: 'input' | 'output',
  label: string,
): DescribedContent {
  if (!isMedia(body)) return json(shelf.describe(body, side, label))
  const { form, types, schema } = body
  const fields = schema === undefined || form === 'events' ? undefined : shelf.describe(schema, side, label)
  const described =
    form === 'text' || form === 'events'
      ? { type: 'string' }
      : form === 'form'
        ? fields
        : form === 'multipart'
          ? { allOf: [fields ?? {}, { type: 'object', additionalProperties: true }] }
          : undefined
  return Object.fromEntries(types.map((type) => [type, { schema: described ?? {} }]))
}

function json(schema: JsonSchema): DescribedContent {
  return { 'application/json': { schema } }
}

function pathParameters(placed: PlacedRoute, shelf: SchemaShelf): readonly DescribedParameter[] {
  const properties = propertiesOf(placed, 'params', shelf)
  return [...placed.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties.find((property) => property.name === name)?.schema ?? { type: 'string' },
  }))
}

function queryParameters(placed: PlacedRoute, shelf: SchemaShelf): readonly DescribedParameter[] {
  return propertiesOf(placed, 'query', shelf).map(({ name, required, schema }) => ({
    name,
    in: 'query',
    required,
    schema,
  }))
}

interface Property {
  readonly name: string
  readonly required: boolean
  readonly schema: JsonSchema
}

function propertiesOf(
  { route, path, mapping }: PlacedRoute,
  part: 'params' | 'query',
  shelf: SchemaShelf,
): readonly Property[] {
  const schema = route[part]
  if (schema === undefined) {
    const taken = [...(mapping?.[part] ?? [])]
    return taken.map(([name, { node, required }]) => ({ name, required, schema: shelf.take(node, 'input') }))
  }
  const described = shelf.resolve(shelf.describe(schema, 'input', `${route.method} ${path}`))
  const { properties, required } = described
  if (typeof properties !== 'object' || properties === null) return []
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  // The values of `properties` are schemas, by the definition of JSON Schema.
  return Object.entries(properties as Readonly<Record<string, JsonSchema>>).map(([name, property]) => ({
    name,
    required: needed.includes(name),
    schema: property,
  }))
}

/** The error answers of a route: their form and their status are asked of the application itself. */
function faultResponses({ http, profile }: DescribedApi, shelf: SchemaShelf): FaultResponses {
  const statuses = faultStatuses(http, profile)
  const content: DescribedContent =
    http.problem === undefined
      ? { 'application/problem+json': { schema: shelf.add('Problem', problemSchema) } }
      : http.problemSchema === undefined
        ? json({})
        : json(shelf.describe(http.problemSchema, 'output', 'http.problemSchema'))
  return (placed) => {
    const codes = (placed.route.errors ?? []).filter((error) => typeof error === 'string')
    return Object.fromEntries([
      ...[...statuses(placed)].map(([status, description]) => [String(status), { description, content }]),
      ...(codes.length === 0 ? [] : [['4XX', { description: `Errors by design: ${codes.join(', ')}.`, content }]]),
      ['5XX', { description: 'The server could not answer; see the error code.', content }],
    ])
  }
}
