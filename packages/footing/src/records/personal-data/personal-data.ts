// A person's data across all modules: exported as one stream, erased step by step with a proof at the end.
import { createHash } from 'node:crypto'
import { type Clock, isFootingError } from '@footing/kernel'
import type { DataSource } from '../../data/contract/contract.ts'
import type { AnyManifest } from '../../module/define-module.ts'
import type { BoundPorts } from '../../module/module-network.ts'
import { type DeclaredTable, personalTables } from './declared-table.ts'
import type { ErasureStep } from './erase-step.ts'
import { personalDataErrors } from './errors.ts'

/** What became of one table. */
export interface ErasedTable {
  readonly module: string
  readonly table: string
  readonly action: 'anonymise' | 'delete' | 'keep' | 'by-module'
  /** Rows that were changed or deleted, over all runs. */
  readonly rows: number
  /** Rows that still name the person by identifier. */
  readonly kept: number
  readonly why?: string
  readonly until?: string
}

/** What proves an erasure. It has the identifier, which leads to nobody any more, so that a restored copy can be erased again. */
export interface ErasureProof {
  readonly subject: string
  readonly requestedAt: string
  readonly finishedAt: string
  readonly tables: readonly ErasedTable[]
  /** What became of the person's entries in the access log. */
  readonly accessLog: string
  /** SHA-256 of everything above, as JSON without spaces. */
  readonly digest: string
}

/** A person's data in a running application. */
export interface PersonalData {
  /**
   * Everything that the modules hold about a person, as the parts of one JSON document. Nothing large is ever in memory.
   * The last member is `"complete":true`; a document without it was cut off.
   */
  export(user: string): AsyncGenerator<string>
  /**
   * Erases a person: may be interrupted at any point and called again, also at once from several processes; ends with
   * the same proof. Modules go in the opposite order of needs. Rows about the person that somebody tries to write
   * from then on are refused as `personal-data-erased`.
   * @throws `personal-data-busy`, `personal-data-missing`, and what a module's own function throws
   */
  erase(user: string): Promise<ErasureProof>
}

/** Passes over all tables until one finds nothing: what was under way at the beginning is seen by the second. */
const mostPasses = 5
const mostAttempts = 20

/** Makes it for the modules of an application; `ports` are those of an outside caller. */
export function openPersonalData(
  modules: readonly AnyManifest[],
  ports: BoundPorts,
  data: DataSource | undefined,
  clock: Clock,
): PersonalData {
  const tables = modules.toReversed().flatMap(personalTables)
  const call = (table: DeclaredTable, operation: string, input: object) =>
    ports[table.module]?.[operation]?.({ table: table.table, ...input })
  return {
    async *export(user) {
      verifySubject(user)
      const exportedAt = new Date(clock.now()).toISOString()
      yield `{"format":"footing-personal-data","version":1,"subject":${JSON.stringify(user)},"exportedAt":"${exportedAt}","modules":{`
      for (const [index, { name, own }] of byModule(modules).entries()) {
        yield `${index === 0 ? '' : ','}\n${JSON.stringify(name)}:{`
        for (const [at, table] of own.entries()) {
          yield `${at === 0 ? '' : ','}\n  ${JSON.stringify(table.table)}:[`
          yield* exportTable(table, user)
          yield ']'
        }
        yield '}'
      }
      yield '},\n"complete":true}\n'
    },

    async erase(user) {
      verifySubject(user)
      const done = new Map<DeclaredTable, ErasureStep>()
      for (let pass = 0; pass < mostPasses; pass += 1) {
        let rows = 0
        for (const table of tables) rows += await eraseTable(table, user, done)
        if (rows === 0) break
      }
      return prove(user, done)
    },
  }

  async function* exportTable(table: DeclaredTable, subject: string): AsyncGenerator<string> {
    let after: string | undefined
    let first = true
    do {
      const input = { subject, ...(after === undefined ? {} : { after }) }
      // The answer was checked against the schema of the operation, which says exactly this.
      const page = (await call(table, 'personalDataPage', input)) as {
        readonly rows: readonly string[]
        readonly next?: string
      }
      for (const row of page.rows) {
        yield `${first ? '' : ','}\n    ${row}`
        first = false
      }
      after = page.next
    } while (after !== undefined)
  }

  async function eraseTable(
    table: DeclaredTable,
    subject: string,
    done: Map<DeclaredTable, ErasureStep>,
  ): Promise<number> {
    let rows = 0
    for (;;) {
      const step = await patiently(() => call(table, 'erasePersonalData', { subject }))
      done.set(table, step)
      rows += step.rows
      if (step.rows === 0) return rows
    }
  }

  // Somebody who writes about the person holds the beginning up for as long as their transaction takes.
  async function patiently(work: () => Promise<unknown> | undefined): Promise<ErasureStep> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        // The answer was checked against the schema of the operation.
        return (await work()) as ErasureStep
      } catch (error) {
        if (isFootingError(error, 'data-query-failed') && /footing_personal/.test(error.message)) {
          throw personalDataErrors('personal-data-missing', { cause: error })
        }
        const conflict =
          isFootingError(error) && /^data-(lock-timeout|deadlock|serialization-failure)$/.test(error.code)
        if (!conflict) throw error
        if (attempt >= mostAttempts) throw personalDataErrors('personal-data-busy', { cause: error })
        await clock.sleep(Math.min(1000, 20 * 2 ** attempt))
      }
    }
  }

  async function prove(subject: string, done: ReadonlyMap<DeclaredTable, ErasureStep>): Promise<ErasureProof> {
    const account = await data
      ?.forModule('footing')
      .query<{ account: { requestedAt: string; finishedAt: string | null } | null }>(
        'select footing_personal.account_of($1) as account',
        [subject],
      )
    const times = account?.[0]?.account
    const now = new Date(clock.now()).toISOString()
    const told = {
      subject,
      requestedAt: times?.requestedAt ?? now,
      finishedAt: times?.finishedAt ?? now,
      tables: tables.map((table) => erasedTable(table, done.get(table))),
      accessLog: 'its entries stay, under a pseudonym that leads to nobody any more',
    }
    const proof = { ...told, digest: createHash('sha256').update(JSON.stringify(told)).digest('hex') }
    await data
      ?.forModule('footing')
      .query('select footing_personal.finish_erasure($1, $2::jsonb)', [subject, JSON.stringify(proof)])
    return proof
  }
}

function erasedTable(table: DeclaredTable, step: ErasureStep | undefined): ErasedTable {
  return {
    module: table.module,
    table: table.table,
    action: table.erase,
    rows: step?.total ?? 0,
    kept: step?.kept ?? 0,
    ...(table.keep === undefined ? {} : table.keep),
  }
}

function byModule(modules: readonly AnyManifest[]) {
  return modules
    .map((module) => ({ name: module.name, own: personalTables(module) }))
    .filter(({ own }) => own.length > 0)
}

function verifySubject(user: string): void {
  if (typeof user !== 'string' || user === '' || user.length > 2000 || user.includes('\0')) {
    throw new TypeError('a user is a text of 1 to 2000 characters')
  }
}
