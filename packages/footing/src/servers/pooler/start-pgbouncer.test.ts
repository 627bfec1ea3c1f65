// PgBouncer as `footing dev` starts it: found, closed to others, in transaction mode, and clear when it cannot start.
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDataSource } from '../../data/data-source.ts'
import { createTestDatabase, type TestDatabase } from '../../testing/test-database.ts'
import { testServer } from '../../testing/test-servers.ts'
import { findPgBouncer, type PgBouncer, startPgBouncer } from './start-pgbouncer.ts'

let folder: string
let database: TestDatabase
let program: string
let pooler: PgBouncer | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing pooler '))
  database = await createTestDatabase()
  // Whoever asks the desk for a pooler has the program afterwards.
  await testServer('pgbouncer')
  program = (await findPgBouncer(process.env)) ?? ''
  pooler = undefined
})

afterEach(async () => {
  await pooler?.stop()
  await database.drop()
  await rm(folder, { recursive: true, force: true })
})

const files = () => join(folder, 'pooler')

test('a folder that is no program and a file that cannot run are not PgBouncer', async () => {
  await writeFile(join(folder, 'pgbouncer'), '#!/bin/sh\n')
  await chmod(join(folder, 'pgbouncer'), 0o644)
  expect(await findPgBouncer({ PATH: folder })).not.toBe(join(folder, 'pgbouncer'))
  await chmod(join(folder, 'pgbouncer'), 0o755)
  expect(await findPgBouncer({ PATH: `:${folder}` })).toBe(join(folder, 'pgbouncer'))
})

test('many clients share few connections, and its files are closed to others', async () => {
  pooler = await startPgBouncer({
    program,
    serverUrl: database.directUrl,
    folder: files(),
    settings: { default_pool_size: '2' },
  })
  const source = openDataSource({ url: pooler.urlFor(database.directUrl), poolSize: 30 })
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => source.forModule('x').query<{ pid: number }>('select pg_backend_pid() as pid')),
  )
  expect(new Set(answers.map(([row]) => row?.pid)).size).toBeLessThanOrEqual(2)
  await source.close()
  for (const file of ['', 'users.txt', 'pgbouncer.ini', 'pgbouncer.log']) {
    expect((await stat(join(files(), file))).mode & 0o077).toBe(0)
  }
  const password = new URL(database.directUrl).password
  expect(await readFile(join(files(), 'pgbouncer.log'), 'utf8')).not.toContain(password)
})

test('rights of files that were there before do not stay', async () => {
  pooler = await startPgBouncer({ program, serverUrl: database.directUrl, folder: files() })
  await pooler.stop()
  await chmod(join(files(), 'users.txt'), 0o666)
  pooler = await startPgBouncer({ program, serverUrl: database.directUrl, folder: files() })
  expect((await stat(join(files(), 'users.txt'))).mode & 0o077).toBe(0)
})

test('a password with quotes and percent signs goes through', async () => {
  await database.query(`create role "odd""one" login superuser password 'a"b%c''d\\e'`)
  const url = new URL(database.directUrl)
  url.username = encodeURIComponent('odd"one')
  url.password = encodeURIComponent(`a"b%c'd\\e`)
  try {
    pooler = await startPgBouncer({ program, serverUrl: url.href, folder: files() })
    const client = new pg.Client({ connectionString: pooler.urlFor(url.href) })
    await client.connect()
    expect((await client.query('select current_user::text as who')).rows).toEqual([{ who: 'odd"one' }])
    await client.end()
    await pooler.stop()
  } finally {
    await database.query('drop role "odd""one"')
  }
})

test('a taken port and a program that fails are coded errors without the password', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  const address = await new Promise<ReturnType<typeof taken.address>>((resolve) =>
    taken.once('listening', () => resolve(taken.address())),
  )
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { password } = new URL(database.directUrl)
  const start = (options: object) =>
    startPgBouncer({ program, serverUrl: database.directUrl, folder: files(), ...options }).catch(
      (error: unknown) => error,
    )
  const broken = join(folder, 'pgbouncer')
  await writeFile(broken, `#!/bin/sh\ntest "$1" = --version && exit 0\necho "cannot log in with ${password}"\nexit 1\n`)
  await chmod(broken, 0o755)
  for (const options of [{ port }, { program: broken }, { program: join(folder, 'nothing') }]) {
    const error = await start(options)
    expect(error).toMatchObject({ code: 'pooler-start-failed' })
    expect(JSON.stringify(error)).not.toContain(password)
  }
  taken.close()
})
