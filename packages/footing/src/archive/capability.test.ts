// The archive as a capability: a module archives its tables through its kit, and erasure reaches into the files.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createApp } from '../app/create-app.ts'
import { capabilityConformance } from '../capability/conformance.ts'
import { defineModule } from '../module/define-module.ts'
import { implement } from '../module/implement.ts'
import { startTestApp, type TestApp } from '../testing/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../testing/test-database.ts'
import type { ArchiveRow } from './contract.ts'
import type { ModuleArchive } from './module-archive.ts'
import { archive } from './use-archive.ts'

let folder: string
let empty: TestDatabase
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-archive-capability-'))
  await writeFile(
    join(folder, '0001-create.sql'),
    `create table pledge (id bigint primary key, at timestamptz not null, owner text, guest text, note text, token text);
     create table invoice (id int primary key, at timestamptz not null, owner text not null)`,
  )
  empty = await createTestDatabase()
})
afterAll(async () => {
  await empty?.drop()
  await rm(folder, { recursive: true })
})

function shop() {
  const held: { archive?: ModuleArchive<'pledge' | 'invoice'> } = {}
  const manifest = defineModule('shop', {
    owner: '@a',
    tables: ['pledge', 'invoice'],
    migrations: pathToFileURL(`${folder}/`),
    uses: [
      archive({
        pledge: { timeColumn: 'at', olderThanDays: 90, batchRows: 50 },
        invoice: { timeColumn: 'at', olderThanDays: 90 },
      }),
    ],
    personal: {
      pledge: {
        subject: ['owner', 'guest'],
        columns: { at: 'keep', note: 'erase', token: 'secret' },
        erase: 'delete',
      },
      invoice: {
        subject: 'owner',
        columns: { at: 'keep' },
        erase: 'keep',
        keep: { why: 'tax law', until: '10 years' },
      },
    },
  })
  const module = implement(manifest, (kit) => {
    held.archive = kit.archive
    return { port: {} }
  })
  // Set by the set-up of the module, which has run when the application has started.
  return { held: held as Required<typeof held>, app: createApp({ name: 'shop', modules: [module] }) }
}

test.each(capabilityConformance)('conformance: $name', (one) =>
  one.run({
    name: 'archive',
    env: { DATABASE_URL: empty.url, STORAGE_URL: `file://${folder}/objects` },
    start: (env, guarantees = []) => {
      const manifest = defineModule('shop', {
        owner: '@a',
        uses: [archive({ pledge: { timeColumn: 'at', olderThanDays: 90 } })],
        guarantees: { archive: guarantees },
      })
      const app = createApp({ name: 'shop', modules: [implement(manifest, () => ({ port: {} }))] })
      return app.start({ profile: 'test', role: 'worker', env })
    },
    wrong: { name: 'STORAGE_URL', value: 'ftp://user:top-secret@host' },
  }),
)

let held: ReturnType<typeof shop>['held']
let running: TestApp<ReturnType<typeof shop>['app']['options']['modules']>
beforeEach(async () => {
  const made = shop()
  held = made.held
  // The archive deletes rows of tables as the connecting user.
  running = await startTestApp(made.app, { ownership: false })
  await running.database.query(
    `insert into shop.pledge select n, timestamptz '2020-01-01Z' + n * interval '1 hour', n % 10, case when n % 25 = 0 then '7' end, 'note ' || n, 'secret' from generate_series(1, 400) n;
     insert into shop.invoice select n, '2020-01-01', (n % 3)::text from generate_series(1, 9) n`,
  )
  return () => running.stop()
})

const rowsOf = async (options: { readonly live?: boolean } = {}) => {
  const rows: ArchiveRow[] = []
  await held.archive.pledge.query(options, (found) => void rows.push(...found))
  return rows
}
const isTheirs = ({ owner, guest }: ArchiveRow) => String(owner) === '7' || guest === '7'

test('a module archives, asks and reads through its kit', async () => {
  expect(await held.archive.pledge.run({ maxBatches: 2 })).toMatchObject({
    table: 'pledge',
    outcome: 'stopped',
    rows: 100,
  })
  expect(await held.archive.pledge.run()).toMatchObject({ outcome: 'done', rows: 300 })
  expect(await held.archive.pledge.status()).toMatchObject({ table: 'pledge', due: 0 })
  expect(await rowsOf({ live: true })).toHaveLength(400)
  expect(running.app.capabilities()).toContainEqual(expect.objectContaining({ name: 'archive', driver: 'parquet' }))
})

test('rows of a person are exported out of the files, and gone from them with a proof; those of others stay', async () => {
  await held.archive.pledge.run()
  await held.archive.invoice.run()
  const before = await rowsOf()
  const theirs = before.filter(isTheirs)
  let text = ''
  for await (const part of running.app.personalData.export('7')) text += part
  const exported = JSON.parse(text).stores['archive of shop: pledge']
  expect(exported).toHaveLength(theirs.length)
  expect(Object.keys(exported[0]).toSorted()).toEqual(['at', 'guest', 'id', 'note', 'owner'])
  // Texts that only look like the identifier are of nobody.
  for (const hostile of ["7' or true --", '7.0', ' 7', '07']) {
    expect((await running.app.personalData.erase(hostile)).stores.map(({ erased }) => erased)).toEqual([0, 0])
  }
  const proof = await running.app.personalData.erase('7')
  expect(proof.stores).toMatchObject([
    { store: 'archive of shop: pledge', erased: theirs.length, left: 0 },
    { store: 'archive of shop: invoice', erased: 0, left: 0 },
  ])
  const byId = (rows: readonly ArchiveRow[]) => rows.toSorted((a, b) => Number(a.id) - Number(b.id))
  expect(byId(await rowsOf())).toEqual(byId(before.filter((row) => !isTheirs(row))))
  expect((await running.app.personalData.erase('7')).stores[0]).toMatchObject({ erased: theirs.length, left: 0 })
  // What the law keeps is told as left.
  expect((await running.app.personalData.erase('2')).stores[1]).toMatchObject({ erased: 0, left: 3, why: 'tax law' })
})

test('copies that do not count are erased as well', async () => {
  const { database } = running
  await held.archive.pledge.run({ maxBatches: 1 })
  // As it is after a row was changed between its copy and its deletion.
  await database.query(`update footing_archive.batch set voided = '{6}' where state = 'deleted'`)
  await running.app.personalData.erase('7')
  const [batch] = await database.query('select row_count, voided from footing_archive.batch')
  expect(batch).toEqual({ row_count: 49 - 5 - 1, voided: [] })
})

test('a query that began before an erasure reads each row of others once', async () => {
  await held.archive.pledge.run()
  const seen: ArchiveRow[] = []
  let erased = false
  await held.archive.pledge.query({}, async (rows) => {
    seen.push(...rows)
    if (erased) return
    erased = true
    await running.app.personalData.erase('7')
  })
  const others = seen.filter((row) => !isTheirs(row)).map(({ id }) => Number(id))
  expect(others.toSorted((a, b) => a - b)).toEqual(
    (await rowsOf()).map(({ id }) => Number(id)).toSorted((a, b) => a - b),
  )
})

test.each([
  { pledge: { timeColumn: '', olderThanDays: 1 } },
  { pledge: { timeColumn: 'at', olderThanDays: 0 } },
  { pledge: { timeColumn: 'at', olderThanDays: 1, batchRows: 0.5 } },
  { ['x'.repeat(64)]: { timeColumn: 'at', olderThanDays: 1 } },
])('the declaration %j is refused', (declared) => {
  expect(() => archive(declared as never)).toThrow(expect.objectContaining({ code: 'archive-configuration-invalid' }))
})
