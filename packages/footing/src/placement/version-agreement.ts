// What caller and module have found out about each other's versions of one operation.
import { isFootingError } from '@footing/kernel'
import type { Operation } from '../module/operation.ts'
import type { JsonSchema } from '../module/schema.ts'
import { placementErrors } from './errors.ts'
import { acceptedAnswer, type OperationSchema, operationSchema } from './operation-schema.ts'
import { findMisfit } from './schema-fit.ts'

/** So many other versions are remembered: while a deployment runs there are two. */
const mostVersions = 8

/** The versions of one operation that this process understands. */
export class VersionAgreement {
  readonly #label: string
  readonly #own: OperationSchema
  readonly #accepted: JsonSchema | null
  #vouched: ReadonlySet<string>
  #header: string

  /** @throws `schema-unusable` */
  constructor(label: string, operation: Operation) {
    this.#label = label
    this.#own = operationSchema(label, operation)
    this.#accepted = acceptedAnswer(label, operation)
    this.#vouched = new Set([this.#own.hash])
    this.#header = this.#own.hash
  }

  /** Hashes of versions that fit, the own one first. */
  get vouched(): ReadonlySet<string> {
    return this.#vouched
  }

  /** The same as the value of a header: the module does nothing unless its own version is among them. */
  get header(): string {
    return this.#header
  }

  /**
   * Compares the module's version with the own one and remembers it when they fit.
   * @throws `versions-apart` with the first difference
   */
  settle(schema: unknown): void {
    const found = asOperationSchema(schema)
    const difference = found === undefined ? 'the module did not say what it accepts' : this.#misfit(found)
    if (found === undefined || difference !== undefined || this.#vouched.has(found.hash)) {
      const details = { operation: this.#label, difference: difference ?? 'the module refuses its own version' }
      throw placementErrors('versions-apart', { details })
    }
    this.#vouched = new Set([this.#own.hash, found.hash, ...[...this.#vouched].slice(1, mostVersions)])
    this.#header = [...this.#vouched].join(',')
  }

  #misfit(found: OperationSchema): string | undefined {
    try {
      const input = findMisfit(this.#own.in, found.in)
      if (input !== undefined) return `in its input, ${input}`
      const answer = findMisfit(found.out, this.#accepted)
      return answer === undefined ? undefined : `in its answer, ${answer}`
    } catch (error) {
      if (isFootingError(error)) throw error
      // The other side may send anything for a schema.
      return 'the schema of the module cannot be read'
    }
  }
}

function asOperationSchema(value: unknown): OperationSchema | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { hash, in: input, out } = value as Readonly<Record<string, unknown>> // each part is checked below
  if (typeof hash !== 'string' || !/^[0-9a-f]{24}$/.test(hash)) return undefined
  if (!isSchemaOrNull(input) || !isSchemaOrNull(out)) return undefined
  return { hash, in: input, out }
}

function isSchemaOrNull(value: unknown): value is JsonSchema | null {
  return value === null || (typeof value === 'object' && !Array.isArray(value))
}
