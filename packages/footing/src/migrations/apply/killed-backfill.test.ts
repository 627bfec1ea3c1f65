// kill -9 in the middle of a backfill, at random points, again and again: no row is missed and none is changed twice.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { createMigrator } from './migrator.ts'

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await createTestDatabase({ pooled: false })
  folder = await mkdtemp(join(tmpdir(), 'footing-killed-backfill-'))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const kills = 25

async function progressBeyond(rows: number, run: ChildProcess): Promise<void> {
  const query = `select rows from footing.backfill where rows > ${Math.floor(rows)}`
  while (run.exitCode === null && (await database.query(query).catch(() => [])).length === 0) await delay(2)
}

test(`${kills} kills, then one run that is left alone`, { timeout: 180_000 }, async () => {
  await writeFile(
    join(folder, '0001-item.sql'),
    'create table item (id int primary key, runs int not null default 0); insert into item select n from generate_series(1, 60000) n',
  )
  await writeFile(
    join(folder, '0002-runs.sql'),
    '-- footing: backfill item in batches of 40\nupdate item set runs = runs + 1 from batch where item.id = batch.id',
  )
  const source = { module: 'shop', needs: [], folder: pathToFileURL(`${folder}/`) }
  const program = join(folder, 'run.mjs')
  await writeFile(
    program,
    `import { createMigrator } from ${JSON.stringify(new URL('./migrator.ts', import.meta.url).href)}
     console.log('begun')
     await createMigrator({ url: process.argv[2], sources: [{ module: 'shop', needs: [], folder: new URL(${JSON.stringify(source.folder.href)}) }] }).up()`,
  )
  const reached: number[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const run = spawn(process.execPath, ['--conditions=@footing/source', program, database.directUrl], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const exited = once(run, 'exit')
    await once(run.stdout, 'data')
    // Some die at any moment, most in the middle of the work, however slow the machine is.
    if (kill % 5 === 0) await Promise.race([delay(Math.random() * 150), exited])
    else await Promise.race([progressBeyond((reached.at(-1) ?? 0) + Math.random() * 1500, run), exited])
    run.kill('SIGKILL')
    await exited
    const migrator = createMigrator({ url: database.directUrl, sources: [source] })
    const [, backfill] = await migrator.status()
    if (backfill?.rowsDone !== undefined) reached.push(backfill.rowsDone)
  }
  await createMigrator({ url: database.directUrl, sources: [source] }).up()
  expect(await database.query('select runs, count(*)::int as rows from shop.item group by runs')).toEqual([
    { runs: 1, rows: 60_000 },
  ])
  expect(await database.query('select * from footing.backfill')).toEqual([])
  // Each run went on where the one before had been killed, and several were killed on the way.
  expect(reached).toEqual(reached.toSorted((a, b) => a - b))
  expect(new Set(reached).size).toBeGreaterThan(10)
})
