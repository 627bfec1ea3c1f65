// A client that trusts nothing: each answer must have a specified status, content type and body, or the call throws.
import type { Answers, ErrorAnswer, OperationId } from './answers.ts'
import { readSpecification } from './openapi-document.ts'

/** What one call sends. */
export interface CallInput {
  /** Values for the places of the path. */
  readonly params?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
  /** Sent as `Authorization: Token …`. */
  readonly token?: string
}

/** A checked answer. Reading `data` of an error, or `error` of a success, throws. */
export interface CheckedAnswer<Data> {
  readonly status: number
  readonly data: Data
  readonly error: ErrorAnswer
}

export interface SpecificationClient {
  call<Id extends OperationId>(id: Id, input?: CallInput): Promise<CheckedAnswer<Answers[Id]>>
  /** `GetArticles 200`, … seen so far. */
  readonly seen: ReadonlySet<string>
  /** All pairs that openapi.yml documents. */
  readonly documented: readonly string[]
}

/** Statuses that the specification's prose allows for errors beyond those that openapi.yml lists by operation. */
const proseStatuses = [401, 403, 404]

/** Makes a client for the API below `baseUrl`, e.g. `http://127.0.0.1:3000/api`. */
export function specificationClient(baseUrl: string): SpecificationClient {
  const { operations, error } = readSpecification()
  const seen = new Set<string>()

  return {
    seen,
    documented: [...operations.values()].flatMap(({ id, answers }) =>
      [...answers.keys()].map((status) => `${id} ${status}`),
    ),
    async call<Id extends OperationId>(id: Id, input: CallInput = {}) {
      const operation = operations.get(id)
      if (operation === undefined) throw new Error(`openapi.yml has no operation ${id}`)
      const response = await fetch(addressOf(baseUrl, operation.path, input), {
        method: operation.method,
        headers: {
          ...(input.token === undefined ? {} : { authorization: `Token ${input.token}` }),
          ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      })
      const { status } = response
      const text = await response.text()
      const refuse = (reason: string): never => {
        throw new Error(`${id} answered ${status} against openapi.yml: ${reason}\n${text.slice(0, 2000)}`)
      }
      if (!operation.answers.has(status) && !proseStatuses.includes(status)) refuse('no such status')
      // Without a specified body an error still has the general error body, as the prose says.
      const check = operation.answers.get(status) ?? (status >= 400 ? error : undefined)
      if (check === undefined && text !== '') refuse('a body where there is none')
      const type = response.headers.get('content-type') ?? ''
      if (check !== undefined && !/^application\/json(; charset=utf-8)?$/.test(type)) refuse(`content type ${type}`)
      const body: unknown = check === undefined ? undefined : JSON.parse(text)
      if (check !== undefined && !check(body)) refuse(JSON.stringify(check.errors))
      seen.add(`${id} ${status}`)
      return checkedAnswer<Answers[Id]>(status, body)
    },
  }
}

function checkedAnswer<Data>(status: number, body: unknown): CheckedAnswer<Data> {
  const fail = (): never => {
    throw new Error(`the answer was ${status}: ${JSON.stringify(body)}`)
  }
  return {
    status,
    get data() {
      return status < 400 ? (body as Data) : fail() // its schema was checked against openapi.yml
    },
    get error() {
      return status >= 400 ? (body as ErrorAnswer) : fail() // as above
    },
  }
}

function addressOf(baseUrl: string, path: string, { params = {}, query = {} }: CallInput): string {
  const filled = path.replace(/\{(\w+)\}/g, (_place, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) search.set(name, String(value))
  return `${baseUrl}${filled}${search.size > 0 ? `?${search}` : ''}`
}
