// The OpenAPI 3.1 document of an application, made of its routes and their schemas.
import { moduleErrors } from '../module/errors.ts'
import type { JsonSchema, Schema } from '../module/schema.ts'
import type { Profile } from '../work/profile.ts'
import { httpErrors } from './errors.ts'
import type { HttpOptions } from './http-options.ts'
import type { PlacedRoute } from './mount-route.ts'
import { basePathOf, operationIdOf } from './place-routes.ts'
import { errorAnswers } from './problem.ts'
import { problemSchema } from './problem-schema.ts'
import { SchemaShelf } from './schema-shelf.ts'

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

const scheme = 'user'

/**
 * Describes an application as OpenAPI 3.1. The same routes give the same bytes.
 * @throws `schema-unusable` for a schema that JSON Schema cannot express
 */
export function describeApi(api: DescribedApi): OpenApiDocument {
  const shelf = new SchemaShelf()
  const fault = faultResponses(api, shelf)
  const paths: Record<string, Record<string, DescribedOperation>> = {}
  const basePath = basePathOf(api.http)
  for (const placed of api.routes) {
    const path = placed.path.slice(basePath.length) || '/'
    paths[path] ??= {}
    paths[path][placed.route.method.toLowerCase()] = describeOperation(placed, shelf, fault)
  }
  return {
    openapi: '3.1.1',
    info: { title: api.name, version: api.version },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    tags: [...new Set(api.routes.flatMap(tagsOf))].map((name) => ({ name })),
    paths,
    components: {
      schemas: shelf.schemas,
      securitySchemes: { [scheme]: { ...(api.http.security ?? { type: 'http', scheme: 'bearer' }) } },
    },
  }
}

type FaultResponses = (placed: PlacedRoute) => Readonly<Record<string, DescribedResponse>>

function describeOperation(placed: PlacedRoute, shelf: SchemaShelf, faults: FaultResponses): DescribedOperation {
  const { route, path } = placed
  const label = `${route.method} ${path}`
  const status = String(route.status ?? (route.out === undefined ? 204 : 200))
  const parameters = [...pathParameters(placed, shelf), ...queryParameters(placed, shelf)]
  const usual: DescribedResponse = {
    description: route.out === undefined ? 'Done; there is no body.' : 'The answer.',
    ...(route.out === undefined ? {} : { content: json(shelf.describe(route.out, 'output', label)) }),
  }
  return {
    operationId: operationIdOf(placed),
    ...(route.summary === undefined ? {} : { summary: route.summary }),
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: tagsOf(placed),
    ...(route.deprecated ? { deprecated: true } : {}),
    security: route.auth === 'none' ? [] : route.auth === 'optional' ? [{}, { [scheme]: [] }] : [{ [scheme]: [] }],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: json(shelf.describe(route.body, 'input', label)) } }),
    responses: { [status]: usual, ...faults(placed) },
  }
}

function tagsOf({ route, module }: PlacedRoute): readonly string[] {
  return route.tags ?? [module]
}

function json(schema: JsonSchema): DescribedContent {
  return { 'application/json': { schema } }
}

function pathParameters({ route, path }: PlacedRoute, shelf: SchemaShelf): readonly DescribedParameter[] {
  const properties = propertiesOf(route.params, shelf, `${route.method} ${path}`)
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: properties.find((property) => property.name === name)?.schema ?? { type: 'string' },
  }))
}

function queryParameters({ route, path }: PlacedRoute, shelf: SchemaShelf): readonly DescribedParameter[] {
  return propertiesOf(route.query, shelf, `${route.method} ${path}`).map(({ name, required, schema }) => ({
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

function propertiesOf(schema: Schema | undefined, shelf: SchemaShelf, label: string): readonly Property[] {
  if (schema === undefined) return []
  const described = shelf.resolve(shelf.describe(schema, 'input', label))
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
  const answer = errorAnswers(http, profile)
  const content: DescribedContent =
    http.problem === undefined
      ? { 'application/problem+json': { schema: shelf.add('Problem', problemSchema) } }
      : http.problemSchema === undefined
        ? json({})
        : json(shelf.describe(http.problemSchema, 'output', 'http.problemSchema'))
  return (placed) => {
    const { route } = placed
    const request = { method: route.method, path: placed.path, requestId: '' }
    const label = `${route.method} ${placed.path}`
    const found: Record<string, DescribedResponse> = {}
    const note = (status: number, description: string) => {
      found[String(status)] ??= { description, content }
    }
    if (route.auth === 'required') note(answer(httpErrors('unauthenticated'), request).status, 'Nobody known sends it.')
    if (route.body !== undefined || route.query !== undefined || route.params !== undefined) {
      const invalid = moduleErrors('invalid-input', { details: { operation: label } })
      note(answer(invalid, request).status, 'The input is not valid; each fault is listed.')
    }
    for (const status of route.errors ?? []) if (typeof status === 'number') note(status, 'See the error code.')
    const codes = (route.errors ?? []).filter((error) => typeof error === 'string')
    const also = codes.length === 0 ? '' : ` Codes by design: ${codes.join(', ')}.`
    found.default = { description: `Any other error, with its code.${also}`, content }
    return found
  }
}
