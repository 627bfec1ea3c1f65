// The command as a user meets it: exit codes, formats, baseline, selection of rules, and what --watch prints on a save.
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { parse } from '../parse.ts'
import { check } from './check.ts'

const DEEP = "import { secret } from '../billing/ledger.ts'\nexport const order = secret\n"

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'check command '))
  write({
    'footing.config.json': '{ "boundaries": { "modules": ["src/modules/*"] } }',
    'src/modules/billing/index.ts': "export { secret } from './ledger.ts'\n",
    'src/modules/billing/ledger.ts': 'export const secret = 1\n',
    'src/modules/orders/index.ts': "import { secret } from '../billing/index.ts'\nexport const order = secret\n",
  })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))
// Facts are written behind a command that has answered already, so their folder outlives the single test.
const home = mkdtempSync(join(tmpdir(), 'check cache '))
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))

function write(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

interface Session {
  readonly out: string[]
  readonly err: string[]
  readonly done: Promise<number>
  stop(): void
}

function begin(args: readonly string[]): Session {
  const out: string[] = []
  const err: string[] = []
  const parsed = parse(['check', ...args], [check])
  if (parsed.kind !== 'run') throw new RangeError(`usage: ${args.join(' ')}`)
  const terminal = createTerminal({
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: {},
    ...parsed.globals,
  })
  const stop = new AbortController()
  const { args: given, options } = parsed
  const env = { HOME: home }
  const done = check
    .run({ args: given, options, terminal, cwd: root, env, signal: stop.signal })
    .catch((error: unknown) => {
      if (!isFootingError(error)) throw error
      err.push(`${error.code}: ${error.what} ${error.why} ${error.remedy}`)
      return 2
    })
  return { out, err, done, stop: () => stop.abort() }
}

async function footing(args: readonly string[]) {
  const session = begin(args)
  const code = await session.done
  return { code, out: session.out.join(''), err: session.err.join('') }
}

describe('exit codes', () => {
  it('are 0 when everything holds, with what was looked at', async () => {
    const { code, out } = await footing([])
    expect(out).toMatch(/2 modules by configuration, 3 files, 2 imports/)
    expect(out).toMatch(/Boundaries hold: 3 files, 2 imports and \d+ rules in \d/)
    expect(code).toBe(0)
  })

  it('are 1 for a finding, the same in every format, and 0 with --exit-zero or above the gate', async () => {
    write({ 'src/modules/orders/index.ts': DEEP })
    for (const format of ['terminal', 'json', 'sarif', 'markdown', 'github']) {
      const { code, out } = await footing(['--format', format])
      expect(code).toBe(1)
      expect(out).toContain('deep-import')
    }
    expect((await footing(['--exit-zero'])).code).toBe(0)
    expect((await footing(['--fail-on', 'critical'])).code).toBe(0)
  })

  it.each([
    ['no sources', { path: 'empty', files: { 'empty/readme.md': '' } }, 'audit-nothing-to-read'],
    ['a glob without folders', { files: { 'footing.config.json': '{"boundaries":{"modules":["lib/*"]}}' } }, 'lib/*'],
    [
      'a need that is no module',
      {
        files: { 'footing.config.json': '{"boundaries":{"modules":["src/modules/*"],"needs":{"order":["billing"]}}}' },
      },
      'which is no module',
    ],
    ['an unknown key', { files: { 'footing.config.json': '{"boundaries":{"module":[]}}' } }, 'is no setting'],
  ])('are 2 for %s', async (_, { files, ...given }, told) => {
    write(files)
    const { code, out, err } = await footing('path' in given ? [given.path] : [])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(told)
  })
})

describe('what is judged', () => {
  it('is chosen by --only and --skip, by rule, by name and by decision', async () => {
    write({ 'src/modules/orders/index.ts': DEEP })
    expect((await footing(['--only', 'module-cycle'])).code).toBe(0)
    expect((await footing(['--only', 'boundaries/deep-import,module-cycle'])).code).toBe(1)
    expect((await footing(['--skip', 'deep-import'])).code).toBe(0)
    expect((await footing(['--skip', 'boundaries'])).code).toBe(0)
  })

  it.each([
    [['--only', 'deep-imports'], 'Did you mean deep-import?'],
    [['--only', 'deep-import', '--skip', 'boundaries'], 'leave no rule'],
    [['--format', 'html'], 'html is no format'],
    [['--watch', '--json'], 'goes with no other format'],
  ])('%j is refused', async (args, told) => {
    const { code, err } = await footing(args)
    expect(code).toBe(2)
    expect(err).toContain(told)
  })

  it('takes its configuration from package.json as well', async () => {
    rmSync(join(root, 'footing.config.json'))
    write({
      'package.json': '{ "name": "shop", "footing": { "boundaries": { "modules": ["src/modules/*"] } } }',
      'src/modules/orders/index.ts': DEEP,
    })
    expect((await footing([])).code).toBe(1)
  })
})

it('prints one document with --json: the audit result with its modules', async () => {
  const { out } = await footing(['--json'])
  const result = JSON.parse(out)
  expect(result).toMatchObject({ schemaVersion: 1, findings: [] })
  expect(result.boundaries.modules.map((module: { name: string }) => module.name)).toEqual(['billing', 'orders'])
  expect(result.boundaries.arrows).toMatchObject([{ from: 'orders', to: 'billing', imports: 1 }])
})

it('has a baseline that only shrinks', async () => {
  write({ 'src/modules/orders/index.ts': DEEP })
  const known = ['--baseline', 'known.json']
  const entries = () => JSON.parse(readFileSync(join(root, 'known.json'), 'utf8')).entries.length
  expect((await footing([...known, '--update-baseline'])).code).toBe(0)
  expect((await footing(known)).code).toBe(0)
  write({ 'src/modules/orders/more.ts': DEEP.replace('order', 'more') })
  expect((await footing(known)).code).toBe(1)
  await footing([...known, '--update-baseline'])
  expect(entries()).toBe(1)
  rmSync(join(root, 'src/modules/orders/more.ts'))
  write({ 'src/modules/orders/index.ts': 'export const order = 1\n' })
  expect((await footing(known)).out).toContain('1 baseline entry gone')
  await footing([...known, '--update-baseline'])
  expect(entries()).toBe(0)
})

it('honours a comment with a reason, and no string that looks like one', async () => {
  const line = '// footing: allow boundaries/deep-import -- until the port has it\n'
  write({ 'src/modules/orders/index.ts': `${line}${DEEP}` })
  const { code, out } = await footing([])
  expect(out).toContain('Silenced: 1 by comments')
  expect(code).toBe(0)
  write({ 'src/modules/orders/index.ts': `export const text = '${line.trim()}'\n${DEEP}` })
  expect((await footing([])).code).toBe(1)
})

it('--watch prints what a save brought and what it took away', async () => {
  const session = begin(['--watch'])
  await told(session.err, 'Watching')
  write({ 'src/modules/orders/index.ts': DEEP })
  await told(session.out, '1 new, 0 gone')
  expect(session.out.join('')).toMatch(/\+ src\/modules\/orders\/index\.ts:1 {2}.*boundaries\/deep-import/)
  write({ 'src/modules/new/index.ts': 'export const fresh = 1\n' })
  await told(session.out, 'nothing changed')
  appendFileSync(
    join(root, 'src/modules/new/index.ts'),
    "import { secret } from '../billing/ledger.ts'\nexport const s = secret\n",
  )
  await told(session.out, '2 findings: 1 new')
  write({ 'src/modules/orders/index.ts': 'export const order = 1\n' })
  await told(session.out, '0 new, 1 gone')
  write({ 'footing.config.json': '{ "boundaries": 1 }' })
  await told(session.err, '`boundaries` is no object')
  write({ 'footing.config.json': '{ "boundaries": { "modules": ["src/modules/*"], "public": ["ledger.ts"] } }' })
  await told(session.out, 'boundaries hold: 0 new, 1 gone')
  session.stop()
  expect(await session.done).toBe(0)
})

/** Waits until a stream holds the text. */
async function told(stream: readonly string[], text: string): Promise<void> {
  await expect.poll(() => stream.join(''), { timeout: 20_000, interval: 20 }).toContain(text)
}
