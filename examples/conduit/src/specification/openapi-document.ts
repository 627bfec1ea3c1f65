// Reads openapi.yml into what a client needs: each operation with its path, its answers and their schemas.
import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { parse } from 'yaml'

/** One operation of the specification. */
export interface SpecifiedOperation {
  readonly id: string
  readonly method: string
  /** With `{name}` for parameters, below the server's base path. */
  readonly path: string
  /** Status → check of its body, or undefined for an answer without a specified body. */
  readonly answers: ReadonlyMap<number, ValidateFunction | undefined>
}

type Node = Readonly<Record<string, unknown>>

const methods = ['get', 'put', 'post', 'delete', 'patch']

/** All operations by their id, and the check of the general error body. */
export function readSpecification(file = new URL('./openapi.yml', import.meta.url)) {
  const document = node(parse(readFileSync(file, 'utf8')))
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema({ $id: 'openapi', ...document })
  const compile = (pointer: string) => ajv.compile({ $ref: `openapi#${pointer}` })

  const operations = new Map<string, SpecifiedOperation>()
  for (const [path, item] of Object.entries(node(document.paths))) {
    for (const [method, description] of Object.entries(node(item)).filter(([key]) => methods.includes(key))) {
      const operation = node(description)
      const answers = new Map<number, ValidateFunction | undefined>()
      for (const [status, answer] of Object.entries(node(operation.responses))) {
        const pointer = String(node(answer).$ref).slice(1)
        const hasBody = 'application/json' in node(resolve(document, pointer).content)
        answers.set(Number(status), hasBody ? compile(`${pointer}/content/application~1json/schema`) : undefined)
      }
      const id = String(operation.operationId)
      operations.set(id, { id, method: method.toUpperCase(), path, answers })
    }
  }
  return { operations, error: compile('/components/schemas/GenericErrorModel') }
}

function resolve(document: Node, pointer: string): Node {
  let found = document
  for (const key of pointer.split('/').slice(1)) found = node(found[key])
  return found
}

function node(value: unknown): Node {
  if (typeof value !== 'object' || value === null) throw new TypeError('openapi.yml is not what it was')
  return value as Node // an object read from YAML has string keys
}
