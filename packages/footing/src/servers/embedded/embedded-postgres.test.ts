// The embedded server as its users meet it: first and later starts, two at once, kills, full disks, broken folders, odd users.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { isFootingError } from '@footing/kernel'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { isAlive, readPostmaster } from './postmaster-file.ts'

let root: string
let folder: string
const children: ChildProcess[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'footing-embedded-'))
  folder = join(root, 'postgres')
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  const left = await readPostmaster(join(folder, 'data'))
  if (left.state === 'alive') {
    process.kill(left.pid, 'SIGQUIT')
    await gone(left.pid)
  }
  await rm(root, { recursive: true, force: true })
})

async function withServerClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (isFootingError(error) ? error.code : `not coded: ${String(error)}`),
  )

const gone = (pid: number) => expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false)

// A program of its own that starts the server and inserts numbers for ever, saying each one that was committed.
const writer = `
import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)}
import pg from ${JSON.stringify(import.meta.resolve('pg'))}
const server = await startEmbeddedPostgres({ folder: process.argv[2] })
const client = new pg.Client({ connectionString: server.url })
client.on('error', () => {})
await client.connect()
await client.query('create table if not exists number (n bigint primary key)')
const { rows } = await client.query('select coalesce(max(n), 0)::int as n from number')
console.log('ready ' + server.port)
for (let n = rows[0].n + 1; ; n += 1) {
  await client.query('insert into number values ($1)', [n])
  console.log('committed ' + n)
}`

interface Writer {
  readonly child: ChildProcess
  readonly committed: () => number
  /** Resolves once that many more numbers were committed. */
  more(count: number): Promise<void>
}

async function startWriter(prefix: readonly string[] = []): Promise<Writer> {
  const file = join(root, 'writer.mjs')
  await writeFile(file, writer, { mode: 0o644 })
  const [command = '', ...args] = [...prefix, process.execPath, '--conditions=@footing/source', file, folder]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let committed = 0
  let words = ''
  child.stderr.on('data', (chunk: Buffer) => {
    words += chunk.toString()
  })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    if (line.startsWith('committed ')) committed = Number(line.slice(10))
  })
  await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => Promise.reject(new Error(words)))])
  return {
    child,
    committed: () => committed,
    more: async (count) => {
      const target = committed + count
      while (committed < target) await once(lines, 'line')
    },
  }
}

async function serverPid(): Promise<number> {
  const postmaster = await readPostmaster(join(folder, 'data'))
  if (postmaster.state !== 'alive') throw new Error(`no server: ${postmaster.state}`)
  return postmaster.pid
}

describe('starting', () => {
  test('the second start finds what the first one stored, on the same port, with statement statistics', async () => {
    const first = await startEmbeddedPostgres({ folder })
    await withServerClient(first.url, (client) => client.query('create table kept as select 42 as answer'))
    await first.stop()
    await first.stop()

    const second = await startEmbeddedPostgres({ folder })
    expect(second.port).toBe(first.port)
    const { rows } = await withServerClient(second.url, (client) => client.query('select answer from kept'))
    expect(rows).toEqual([{ answer: 42 }])
    const seen = await withServerClient(second.url, (client) =>
      client.query(`select calls::int from pg_stat_statements where query like 'select answer from kept%'`),
    )
    expect(seen.rows).toEqual([{ calls: 1 }])
    await second.stop()
  })

  test('two applications have two servers, and neither can be opened with what opens the other', async () => {
    const other = join(root, 'other')
    const [one, two] = await Promise.all([startEmbeddedPostgres({ folder }), startEmbeddedPostgres({ folder: other })])
    expect(one.port).not.toBe(two.port)
    for (const { url } of [one, two]) {
      const { rows } = await withServerClient(url, (client) => client.query('select 1 as one'))
      expect(rows).toEqual([{ one: 1 }])
    }
    const identifier = 'select system_identifier from pg_control_system()'
    const systems = await Promise.all(
      [one, two].map(({ url }) => withServerClient(url, async (client) => (await client.query(identifier)).rows[0])),
    )
    expect(systems[0]).not.toEqual(systems[1])
    const [mine, theirs] = [new URL(one.url), new URL(two.url)]
    expect(mine.password).not.toBe(theirs.password)
    mine.port = theirs.port
    await expect(withServerClient(mine.href, (client) => client.query('select 1'))).rejects.toMatchObject({
      code: '28P01',
    })
    await Promise.all([one.stop(), two.stop()])
  })

  test('five starts of one folder at once share one server, which ends with its owner', async () => {
    const servers = await Promise.all(Array.from({ length: 5 }, () => startEmbeddedPostgres({ folder })))
    expect(new Set(servers.map(({ port }) => port)).size).toBe(1)
    expect(servers.filter(({ attached }) => !attached)).toHaveLength(1)
    const pid = await serverPid()
    await Promise.all(servers.filter(({ attached }) => attached).map((server) => server.stop()))
    expect(isAlive(pid)).toBe(true)
    await servers.find(({ attached }) => !attached)?.stop()
    expect(isAlive(pid)).toBe(false)
  })

  test('nobody connects without the password', async () => {
    const server = await startEmbeddedPostgres({ folder })
    const url = new URL(server.url)
    url.password = 'guessed'
    await expect(withServerClient(url.href, async () => undefined)).rejects.toThrow(/password authentication failed/)
    await server.stop()
  })
})

describe('kills', () => {
  test('the server killed at random points: every committed row is there after the next start', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { child, committed, more } = await startWriter()
      await more(1 + Math.floor(Math.random() * 40))
      const exited = once(child, 'exit')
      process.kill(await serverPid(), 'SIGKILL')
      await exited
      const server = await startEmbeddedPostgres({ folder })
      const { rows } = await withServerClient(server.url, (client) =>
        client.query('select count(*)::int as rows, max(n)::int as last from number'),
      )
      expect(rows[0].rows).toBe(rows[0].last)
      expect(rows[0].last).toBeGreaterThanOrEqual(committed())
      await server.stop()
    }
  })

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'the parent gets %s: no server stays, no row is lost',
    async (signal) => {
      const { child, committed, more } = await startWriter()
      await more(1 + Math.floor(Math.random() * 40))
      const pid = await serverPid()
      const exited = once(child, 'exit')
      child.kill(signal)
      await exited
      await gone(pid)
      const server = await startEmbeddedPostgres({ folder })
      const { rows } = await withServerClient(server.url, (client) =>
        client.query('select max(n)::int as last from number'),
      )
      expect(rows[0].last).toBeGreaterThanOrEqual(committed())
      await server.stop()
    },
  )

  test('a lock file with the number of another living process does not stop the start', async () => {
    const server = await startEmbeddedPostgres({ folder })
    const lock = join(server.dataFolder, 'postmaster.pid')
    const text = await readFile(lock, 'utf8')
    await server.stop()
    await writeFile(lock, text.replace(/^\d+/, String(process.pid)), { mode: 0o600 })
    expect(await readPostmaster(server.dataFolder)).toEqual({ state: 'taken', pid: process.pid })
    const again = await startEmbeddedPostgres({ folder })
    await again.stop()
  })

  test('a process killed while it created the data leaves nothing half made', async () => {
    await mkdir(`${folder}.new-4194304-dead/data`, { recursive: true })
    await writeFile(`${folder}.new-4194304-dead/data/PG_VERSION`, '18\n')
    const server = await startEmbeddedPostgres({ folder })
    await server.stop()
    await expect(readFile(`${folder}.new-4194304-dead/data/PG_VERSION`)).rejects.toThrow(/ENOENT/)
  })
})

describe('broken folders', () => {
  async function stoppedServer(): Promise<string> {
    const server = await startEmbeddedPostgres({ folder })
    await server.stop()
    return server.dataFolder
  }

  test.each([
    ['a control file cut short', (data: string) => truncate(join(data, 'global/pg_control'), 100)],
    ['no control file', (data: string) => rm(join(data, 'global/pg_control'))],
    ['a zeroed log', (data: string) => zeroLog(data)],
    ['no version', (data: string) => rm(join(data, 'PG_VERSION'))],
    ['a broken setting', (data: string) => writeFile(join(data, 'postgresql.auto.conf'), 'wal_level = nonsense\n')],
  ])('%s: embedded-data-corrupt with a remedy', async (_what, damage) => {
    await damage(await stoppedServer())
    const error = await startEmbeddedPostgres({ folder }).catch((e: unknown) => e)
    expect(isFootingError(error) ? error.code : String(error)).toBe('embedded-data-corrupt')
    expect(isFootingError(error) && error.remedy).toContain('move it away')
  })

  async function zeroLog(data: string): Promise<void> {
    for (const entry of await readdir(join(data, 'pg_wal'))) {
      if (/^[0-9A-F]{24}$/.test(entry)) await writeFile(join(data, 'pg_wal', entry), Buffer.alloc(16 * 1024 * 1024))
    }
  }

  test.each(['15', '99'])('data of PostgreSQL %s', async (version) => {
    await writeFile(join(await stoppedServer(), 'PG_VERSION'), `${version}\n`)
    expect(await codeOf(startEmbeddedPostgres({ folder }))).toBe('embedded-data-version')
  })

  test('no room: files may not grow beyond 4 MB', async () => {
    const file = join(root, 'start.mjs')
    await writeFile(
      file,
      `import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)}
      await startEmbeddedPostgres({ folder: process.argv[2] }).catch((e) => console.log(e.code + '; ' + e.remedy))`,
    )
    const limited = spawn('sh', [
      '-c',
      'ulimit -f 8000; exec "$@"',
      'sh',
      process.execPath,
      '--conditions=@footing/source',
      file,
      folder,
    ])
    let said = ''
    limited.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await once(limited, 'close')
    expect(said).toMatch(/^embedded-disk-full; Free some space/)
  })
})

// Only root can become somebody else; a normal user has run all of the above as itself already.
describe.skipIf(process.getuid?.() !== 0)('as other users (skipped unless root: changing the user needs it)', () => {
  // Somebody else can start Node and read our sources only where every folder above them lets others in.
  test.skipIf(!othersMayEnter(import.meta.dirname)).each([
    ['nobody', 65534],
    ['a number without a name', 54321],
  ])('%s (skipped where the checkout is below a closed folder)', async (_who, uid) => {
    await chmod(root, 0o700)
    await chown(root, uid, uid)
    const become = [
      'setpriv',
      `--reuid=${uid}`,
      `--regid=${uid}`,
      '--clear-groups',
      'env',
      `XDG_CACHE_HOME=${root}/cache`,
    ]
    const { child, more } = await startWriter(become)
    await more(3)
    const pid = await serverPid()
    expect((await readFile(`/proc/${pid}/status`, 'utf8')).match(/^Uid:\t(\d+)/m)?.[1]).toBe(String(uid))
    child.kill('SIGKILL')
    await gone(pid)
  })

  test('root with a project that only root may enter', async () => {
    await chmod(root, 0o700)
    const server = await startEmbeddedPostgres({ folder })
    const { rows } = await withServerClient(server.url, (client) => client.query('select 1 as one'))
    expect(rows).toEqual([{ one: 1 }])
    await server.stop()
  })
})

function othersMayEnter(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (path === '/' || othersMayEnter(dirname(path)))
}
