import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { migrate } from '../commands/migrate.ts'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const modules = fileURLToPath(new URL('../../../../node_modules', import.meta.url))

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'footing dev '))
  await mkdir(join(root, 'src'))
  await symlink(modules, join(root, 'node_modules'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** An application with one module, one table and one route that says `word`. */
async function writeApp(word: string, name = 'app.ts', onStart = ''): Promise<void> {
  const source = `
import { createApp, defineModule, implement, route } from '@footing/core'
import { z } from 'zod'
const manifest = defineModule('shop', { owner: '@acme/shop', tables: ['item'], migrations: new URL('./migrations/', import.meta.url) })
export const app = createApp({ name: 'shop', modules: [implement(manifest, ({ database }) => ({
  port: {},
  start: async () => { ${onStart} },
  routes: [
    route({ method: 'GET', path: '/word', auth: 'none', out: z.object({ word: z.string(), items: z.number() }), handle: async () => {
      const rows = await database().query('select count(*)::int as n from shop.item')
      return { word: ${JSON.stringify(word)}, items: rows[0].n }
    } }),
    route({ method: 'GET', path: '/setting', auth: 'none', out: z.object({ word: z.string() }), handle: async () => ({ word: process.env.SHOP_WORD ?? '' }) }),
    route({ method: 'GET', path: '/wrong', auth: 'none', handle: async () => {
      const order = undefined
      return { word: order.name }
    } }),
    route({ method: 'GET', path: '/floating', auth: 'none', handle: async () => { void Promise.reject(new Error('nobody waits')) } }),
    route({ method: 'GET', path: '/crash', auth: 'none', handle: async () => { setImmediate(() => process.exit(7)) } }),
  ],
}))] })
`
  await mkdir(join(root, 'src/migrations'), { recursive: true })
  await writeFile(join(root, 'src/migrations/0001-create-item.sql'), 'create table item (id int primary key);\n')
  await writeFile(join(root, 'src', name), source)
}

/** `footing dev`, whose words can be waited for. */
class Dev {
  readonly #child
  #said = ''
  #waiting: { readonly word: string | RegExp; readonly done: () => void } | undefined
  url = ''

  constructor(...given: readonly (string | Readonly<Record<string, string>>)[]) {
    const options = given.filter((option) => typeof option === 'string')
    const env = Object.assign({}, ...given.filter((option) => typeof option !== 'string'))
    const script = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(process.argv.slice(1))`
    const argv = ['--conditions=@footing/source', '--input-type=module', '-e', script, '--', 'dev', root, ...options]
    this.#child = spawn(process.execPath, argv, { env: { ...process.env, DATABASE_URL: undefined, CI: '1', ...env } })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    }
  }

  /** Resolves when the words were said since the last time something was waited for. */
  async says(word: string | RegExp): Promise<string> {
    if (this.#said.search(word) < 0) {
      await new Promise<void>((done) => {
        this.#waiting = { word, done }
      })
    }
    const heard = this.#said
    this.#said = ''
    return heard
  }

  async ready(): Promise<string> {
    const panel = await this.says(/Ctrl-C stops/)
    this.url = /API +(http:\S+)/.exec(panel)?.[1] ?? ''
    return panel
  }

  async word(): Promise<unknown> {
    return await (await fetch(`${this.url}/word`)).json()
  }

  async end(signal: NodeJS.Signals): Promise<readonly unknown[]> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return [this.#child.exitCode]
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    return await ended
  }

  exited(): Promise<readonly unknown[]> {
    return once(this.#child, 'exit')
  }

  #hear(text: string): void {
    this.#said += text
    if (this.#waiting !== undefined && this.#said.search(this.#waiting.word) >= 0) {
      this.#waiting.done()
      this.#waiting = undefined
    }
  }
}

/** Programs that serve this application's pooler. */
function poolers(): readonly number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
  const config = join(root, '.footing/pgbouncer/pgbouncer.ini')
  const lines = stdout.split('\n').filter((line) => line.trim().endsWith(config) && !line.includes('footing-guard'))
  return lines.map((line) => Number.parseInt(line, 10))
}

const poolerPort = async () =>
  Number(/listen_port = (\d+)/.exec(await readFile(join(root, '.footing/pgbouncer/pgbouncer.ini'), 'utf8'))?.[1])

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

const postmaster = () => join(root, '.footing/postgres/data/postmaster.pid')

/** Resolves when nobody listens any more and the database's lock is gone; a test's time limit is the end of patience. */
async function nothingLeft(url: string): Promise<void> {
  const answers = () =>
    fetch(`${url}/word`).then(
      () => true,
      () => false,
    )
  while (existsSync(postmaster()) || (await answers()) || poolers().length > 0)
    await new Promise((resolve) => setImmediate(resolve))
}

describe('footing dev', () => {
  let dev: Dev
  let panel = ''
  beforeEach(async () => {
    await writeApp('one')
    dev = new Dev('--port', '0')
    panel = await dev.ready()
  })
  afterEach(async () => {
    await dev.end('SIGKILL')
    for (const file of [
      '.env',
      'test',
      'src/migrations/0002-broken.sql',
      'src/schema.sql',
      'src/tables.generated.ts',
      'src/app.spec.ts',
    ])
      await rm(join(root, file), { recursive: true, force: true })
  })

  test('migrates, answers, restarts on a change on the same port, and leaves nothing on Ctrl-C', async () => {
    expect(await dev.word()).toEqual({ word: 'one', items: 0 })
    await writeApp('two')
    await dev.says('restarted')
    expect(await dev.word()).toEqual({ word: 'two', items: 0 })
    expect(await dev.end('SIGINT')).toEqual([0, null])
    await nothingLeft(dev.url)
  })

  test('a broken change is explained while the last version answers, and the repair takes over', async () => {
    await writeFile(join(root, 'src/app.ts'), 'export const app = {{{')
    expect(await dev.says('the last version keeps answering')).toContain('app-load-failed')
    expect(await dev.word()).toMatchObject({ word: 'one' })
    await writeApp('repaired')
    await dev.says('restarted')
    expect(await dev.word()).toMatchObject({ word: 'repaired' })
  })

  test('an application that ends by itself is named and started again, and so is one with a floating rejection', async () => {
    await fetch(`${dev.url}/crash`).catch(() => undefined)
    expect(await dev.says('starting it again in 0.5 s')).toContain('exit code 7')
    await dev.says('restarted')
    expect(await dev.word()).toMatchObject({ word: 'one' })
    await fetch(`${dev.url}/floating`).catch(() => undefined)
    const said = await dev.says('starting it again in 1 s')
    expect(said).toContain('nobody waits')
    expect(said).toMatch(/at .*src\/app\.ts:\d+:\d+/)
    expect(said).not.toMatch(/at .*(node_modules|packages\/footing)/)
    await dev.says('restarted')
    expect(await dev.word()).toMatchObject({ word: 'one' })
  })

  test('a file that is replaced by a rename is seen again and again', async () => {
    for (const word of ['two', 'three', 'four']) {
      await writeApp(word, 'app.new')
      await rename(join(root, 'src/app.new'), join(root, 'src/app.ts'))
      await dev.says('restarted')
      expect(await dev.word()).toMatchObject({ word })
    }
  })

  test('.env is read again when it changes, and what needs a new start is said', async () => {
    const setting = async () => ((await (await fetch(`${dev.url}/setting`)).json()) as { word: string }).word
    expect(await setting()).toBe('')
    await writeFile(join(root, '.env'), 'SHOP_WORD=first')
    await dev.says('restarted')
    expect(await setting()).toBe('first')
    await writeFile(join(root, '.env'), 'SHOP_WORD=second\nPORT=1')
    expect(await dev.says('restarted')).toContain('PORT changed in .env: stop footing dev and start it again')
    expect(await setting()).toBe('second')
  })

  test('an error in a handler shows the line of the user first', async () => {
    expect((await fetch(`${dev.url}/wrong`)).status).toBe(500)
    const said = await dev.says('of Footing and of packages')
    expect(said).toMatch(/src\/app\.ts:\d+:\d+ +return \{ word: order\.name \}\n +TypeError: Cannot read/)
    expect(said).not.toMatch(/\bat .*(node_modules|packages\/footing)/)
  })

  test('what cannot start leaves the last version answering: a failing migration, a module that throws', async () => {
    await writeFile(join(root, 'src/migrations/0002-broken.sql'), 'alter table nowhere add column x int;')
    expect(await dev.says('the last version keeps answering')).toContain('migration-failed')
    expect(await dev.word()).toMatchObject({ word: 'one' })
    await rm(join(root, 'src/migrations/0002-broken.sql'))
    await dev.says('restarted')
    await writeApp('two', 'app.ts', "throw new Error('no such server')")
    const said = await dev.says('the last version keeps answering')
    expect(said).toContain('module-start-failed')
    expect(said).toMatch(/src\/app\.ts:\d+:\d+ .*no such server/)
    expect(await dev.word()).toMatchObject({ word: 'one' })
  })

  test('a module that listens by itself is restarted all the same: the last version is stopped first', async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    await new Promise((done) => probe.close(done))
    const listens = `const { createServer } = await import('node:net')
      await new Promise((done, fail) => createServer().once('error', fail).listen(${port}, '127.0.0.1', done))`
    await writeApp('listens', 'app.ts', listens)
    await dev.says('restarted')
    await writeApp('listens again', 'app.ts', listens)
    expect(await dev.says('restarted')).toContain('it is stopped first')
    expect(await dev.word()).toMatchObject({ word: 'listens again' })
  })

  test('tests, dumps and types of tables restart nothing', async () => {
    await mkdir(join(root, 'test'), { recursive: true })
    for (const file of ['test/shop.ts', 'src/schema.sql', 'src/tables.generated.ts', 'src/app.spec.ts'])
      await writeFile(join(root, file), '')
    await writeApp('two')
    expect(await dev.says('restarted')).not.toMatch(/changed .*(test|spec|schema|tables)/)
  })

  test('a database that was killed is started again, with its data', async () => {
    process.kill(Number((await readFile(postmaster(), 'utf8')).split('\n')[0]), 'SIGKILL')
    await dev.says('is there again')
    expect(await dev.word()).toEqual({ word: 'one', items: 0 })
  })

  test('PgBouncer stands in front of the database; nobody else reads its password, and one that died comes back', async () => {
    expect(panel).toMatch(/Pooler +PgBouncer \d+\.\d+.*transaction mode/)
    expect(panel).toMatch(/Stands on +.*data postgresql/)
    expect(await listens(await poolerPort())).toBe(true)
    for (const file of ['', 'users.txt', 'pgbouncer.ini', 'pgbouncer.log']) {
      expect((await stat(join(root, '.footing/pgbouncer', file))).mode & 0o077).toBe(0)
    }
    const [pid] = poolers()
    process.kill(pid ?? 0, 'SIGKILL')
    await dev.says('PgBouncer had ended and was started again')
    expect(await dev.word()).toEqual({ word: 'one', items: 0 })
    expect(await dev.end('SIGINT')).toEqual([0, null])
    await nothingLeft(dev.url)
  })

  test('kill -9 leaves neither the application nor PgBouncer nor PostgreSQL behind', async () => {
    expect(poolers()).toHaveLength(1)
    const pid = Number((await readFile(postmaster(), 'utf8')).split('\n')[0])
    expect(pid).toBeGreaterThan(0)
    await dev.end('SIGKILL')
    await nothingLeft(dev.url)
  })
})

describe('migrations', () => {
  const files = {
    expand: 'src/migrations/0002-title-expand.sql',
    contract: 'src/migrations/0003-title-contract.sql',
  }
  let dev: Dev
  beforeEach(async () => {
    await rm(join(root, '.footing'), { recursive: true, force: true })
    await writeApp('one')
    // A developer's machine: files are written there and not in CI.
    dev = new Dev('--port', '0', { CI: '' })
    await dev.ready()
    await dev.says('wrote src/schema.sql')
  })
  afterEach(async () => {
    await dev.end('SIGINT')
    await nothingLeft(dev.url)
    await rm(join(root, '.footing'), { recursive: true })
    for (const file of [
      ...Object.values(files),
      'src/schema.sql',
      'src/tables.generated.ts',
      'src/migrations/0002-wrong.sql',
    ])
      await rm(join(root, file), { force: true })
  })

  /** `footing migrate` beside the session. */
  async function footingMigrate(action: string, ...words: readonly string[]) {
    const out: string[] = []
    const terminal = createTerminal({
      stdout: { write: (text) => out.push(text) },
      stderr: { write: () => 0 },
      env: {},
    })
    const { signal } = new AbortController()
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, CI: '1' }
    const code = await migrate.run({
      args: { action, words: [...words, root] },
      options: {},
      terminal,
      cwd: root,
      env,
      signal,
    })
    return { code, said: out.join('') }
  }

  test('schema.sql is written, and the types of tables where they are used; a contract waits until migrate up', async () => {
    await writeFile(join(root, 'src/tables.generated.ts'), '')
    await writeFile(join(root, files.expand), '-- footing: phase expand\nalter table item add column title text;\n')
    await writeFile(
      join(root, files.contract),
      '-- footing: phase contract after 0002\nalter table item drop column id;\n',
    )
    const said = await dev.says(/wrote src\/tables\.generated\.ts/)
    expect(said).toContain('migrated shop/0002-title-expand')
    expect(said).toMatch(/shop\/0003-title-contract waits: .*footing migrate up applies it/)
    expect(await readFile(join(root, 'src/tables.generated.ts'), 'utf8')).toContain('title')
    // A restart is no deployment.
    await writeApp('two')
    expect(await dev.says('restarted')).not.toContain('0003-title-contract waits')
    expect((await footingMigrate('plan')).said).toContain('shop/0003-title-contract')
    expect((await footingMigrate('up')).code).toBe(0)
    await dev.says('footing migrate has changed the database')
    await dev.says('restarted')
  })

  test('an application that waits after a failing migration comes up when migrate redo has repaired the database', async () => {
    await writeFile(join(root, 'src/migrations/0002-wrong.sql'), 'alter table item add column a int;\n')
    await dev.says('restarted')
    // Edited after it was applied: refused until it is done again.
    await writeFile(join(root, 'src/migrations/0002-wrong.sql'), 'alter table item add column b int;\n')
    expect(await dev.says('the last version keeps answering')).toContain('migration-changed')
    expect((await footingMigrate('redo', 'shop')).code).toBe(0)
    await dev.says('restarted')
  })
})

describe('without a pooler', () => {
  test.each([
    [
      'as --no-pooler says',
      ['--no-pooler'],
      undefined,
      /Pooler +none, as --no-pooler says; what one forbids is rehearsed/,
    ],
    [
      'when it does not start',
      [],
      '#!/bin/sh\nexit 3\n',
      /PgBouncer \(.*\) did not start[\s\S]*Pooler +none: PgBouncer did not start/,
    ],
    [
      'when it ends at once',
      [],
      '#!/bin/sh\ntest "$1" = --version && echo PgBouncer 1.24.1 && exit 0\necho no, thanks >&2\nexit 1\n',
      /did not start: no, thanks[\s\S]*Pooler +none: PgBouncer did not start/,
    ],
  ])('%s the application runs on the database itself', async (_when, options, program, words) => {
    await writeApp('plain')
    const bin = await mkdtemp(join(tmpdir(), 'footing-bin-'))
    if (program !== undefined) {
      await writeFile(join(bin, 'pgbouncer'), program)
      await chmod(join(bin, 'pgbouncer'), 0o755)
    }
    const dev = new Dev('--port', '0', ...options, { PATH: `${bin}:${process.env.PATH}` })
    expect(await dev.ready()).toMatch(words)
    expect(await dev.word()).toEqual({ word: 'plain', items: 0 })
    expect(poolers()).toEqual([])
    expect(await dev.end('SIGINT')).toEqual([0, null])
    await nothingLeft(dev.url)
    await rm(bin, { recursive: true })
  })
})

test('what may pass is tried again without a change: a database that is not there yet', async () => {
  await writeApp('one')
  const dev = new Dev('--port', '0', { DATABASE_URL: 'postgres://nobody:none@127.0.0.1:1/nothing' })
  expect(await dev.says('starting it again in 0.5 s')).toMatch(/data-connection-refused[^\n]*\nstarting/)
  await dev.says('starting it again in 1 s')
  expect(await dev.end('SIGINT')).toEqual([0, null])
})

test('without watching, an application that cannot start ends the command with 2', async () => {
  await writeFile(join(root, 'src/app.ts'), 'export const nothing = 1')
  const dev = new Dev('--port', '0', '--no-watch')
  const exited = dev.exited()
  expect(await dev.says('footing explain')).toContain('exports no application')
  expect(await exited).toEqual([2, null])
})

test('a taken port is refused before anything starts', async () => {
  await writeApp('one')
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const dev = new Dev('--port', String(port))
  const exited = dev.exited()
  expect(await dev.says('footing explain')).toContain(`Port ${port} is taken by`)
  expect(await exited).toEqual([2, null])
  server.close()
})
