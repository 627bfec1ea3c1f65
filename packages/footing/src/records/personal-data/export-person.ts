// The export of a person: one JSON document, written part by part while it is read, module by module and store by store.
import type { AnyManifest } from '../../module/define-module.ts'
import type { BoundPorts } from '../../module/module-network.ts'
import { type DeclaredTable, personalTables } from './declared-table.ts'
import type { PersonalDataOptions } from './personal-data.ts'

/** The parts of the document. */
export async function* exportPerson(
  { modules, ports, clock, stores }: PersonalDataOptions,
  subject: string,
): AsyncGenerator<string> {
  const exportedAt = new Date(clock.now()).toISOString()
  yield `{"format":"footing-personal-data","version":1,"subject":${JSON.stringify(subject)},"exportedAt":"${exportedAt}","modules":{`
  for (const [index, { name, own }] of byModule(modules).entries()) {
    yield `${index === 0 ? '' : ','}\n${JSON.stringify(name)}:{`
    for (const [at, table] of own.entries()) {
      yield `${at === 0 ? '' : ','}\n  ${JSON.stringify(table.table)}:[`
      yield* separated(rowsOf(ports, table, subject))
      yield ']'
    }
    yield '}'
  }
  yield '},\n"stores":{'
  for (const [index, store] of (stores?.() ?? []).entries()) {
    yield `${index === 0 ? '' : ','}\n  ${JSON.stringify(store.name)}:[`
    yield* separated(store.export(subject))
    yield ']'
  }
  yield '},\n"complete":true}\n'
}

function byModule(modules: readonly AnyManifest[]) {
  return modules
    .map((module) => ({ name: module.name, own: personalTables(module) }))
    .filter(({ own }) => own.length > 0)
}

async function* rowsOf(ports: BoundPorts, table: DeclaredTable, subject: string): AsyncGenerator<string> {
  let after: string | undefined
  do {
    const input = { table: table.table, subject, ...(after === undefined ? {} : { after }) }
    // The answer was checked against the schema of the operation, which says exactly this.
    const page = (await ports[table.module]?.personalDataPage?.(input)) as {
      readonly rows: readonly string[]
      readonly next?: string
    }
    yield* page.rows
    after = page.next
  } while (after !== undefined)
}

async function* separated(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let first = true
  for await (const text of texts) {
    yield `${first ? '' : ','}\n    ${text}`
    first = false
  }
}
