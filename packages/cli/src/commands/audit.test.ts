// The command as a user meets it: a process, its streams and its exit code.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import { parse } from '../parse.ts'
import { audit } from './audit.ts'

const main = new URL('../main.ts', import.meta.url).href
const start = `import(${JSON.stringify(main)}).then(async (m) => { process.exitCode = await m.main(process.argv.slice(1)) })`

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'audit command '))
  write({
    'app/__init__.py': '',
    'app/a.py': 'from app.b import y\nx = 1\n',
    'app/b.py': 'from app.a import x\ny = 2\n',
  })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))
// Facts are written behind a command that has answered already, so their folder outlives the single test.
const home = mkdtempSync(join(tmpdir(), 'audit cache '))
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))

function write(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** The command in this process, with streams of its own; what main would render as a fault is in `err`. */
async function footing(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const out: string[] = []
  const err: string[] = []
  const parsed = parse(['audit', ...args], [audit])
  if (parsed.kind !== 'run')
    return { code: 2, out: '', err: parsed.kind === 'usage' ? `${parsed.message} ${parsed.hint}` : parsed.kind }
  const terminal = createTerminal({
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env,
    ...parsed.globals,
  })
  const { signal } = new AbortController()
  try {
    const code = await audit.run({
      args: parsed.args,
      options: parsed.options,
      terminal,
      cwd: root,
      env: { HOME: home, ...env },
      signal,
    })
    return { code, out: out.join(''), err: err.join('') }
  } catch (error) {
    if (!isFootingError(error)) throw error
    return { code: 2, out: out.join(''), err: `${error.what} ${error.why} ${error.remedy}` }
  }
}

/** The command as a process of its own. */
function footingProcess(args: readonly string[], closeEarly = false): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@footing/source', '-e', start, '--', 'audit', ...args], {
      cwd: root,
      env: { ...process.env, XDG_CACHE_HOME: home, GITHUB_STEP_SUMMARY: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (closeEarly) child.stdout.destroy()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

describe('as a process', () => {
  it('gives exit code 1 at the threshold, and one JSON document on stdout for an error too', async () => {
    const [found, failed] = await Promise.all([
      footingProcess(['--fail-on', 'medium', '--json']),
      footingProcess(['--json', 'nowhere']),
    ])
    expect(found.code).toBe(1)
    expect(JSON.parse(found.out)).toMatchObject({ schemaVersion: 1, tool: { name: 'footing' } })
    expect(failed.code).toBe(2)
    expect(JSON.parse(failed.out)).toHaveProperty('error')
  })

  it('ends silently when the reader has had enough', async () => {
    write(
      Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`app/m${n}.py`, `from app.n${n} import b\na = 1\n`])),
    )
    write(
      Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`app/n${n}.py`, `from app.m${n} import a\nb = 1\n`])),
    )
    const ran = await footingProcess(['--verbose', '--format', 'json'], true)
    expect(ran.err).not.toMatch(/EPIPE|Error/)
  })
})

describe('exit codes', () => {
  it('are 1 at the threshold, 0 below it and with --exit-zero, the same in every format', async () => {
    for (const format of ['terminal', 'json', 'sarif', 'markdown', 'github', 'html']) {
      expect(await footing(['--fail-on', 'medium', '--format', format]), format).toMatchObject({ code: 1 })
    }
    expect(await footing(['--fail-on', 'high'])).toMatchObject({ code: 0 })
    expect(await footing(['--fail-on', 'medium', '--exit-zero'])).toMatchObject({ code: 0 })
  })

  it('are 2 when nothing was read, with the reason', async () => {
    mkdirSync(join(root, 'empty'))
    const ran = await footing(['empty'])
    expect(ran.code).toBe(2)
    expect(ran.err).toContain('No source file was analysed')
    expect(ran.out).toBe('')
  })

  it.each([
    [['--fial-on', 'high'], '--fail-on'],
    [['--format', 'jsn'], 'Did you mean json?'],
    [['--only', 'boundary'], 'Did you mean boundaries?'],
    [['--fail-on', 'huge'], 'critical, high, medium, low, info'],
    [['--explain', 'import-cicle'], 'Did you mean import-cycle?'],
    [['nowhere'], 'There is no folder'],
    [['--baseline', 'none.json'], 'There is no baseline'],
    [['--format', 'json', '--format', 'sarif'], 'would both go to stdout'],
    [['--output', 'a', '--output', 'b'], 'more files than formats'],
    [['--output', 'app/a.py/x.txt'], 'could not be written'],
  ])('are 2 for %j, with a remedy', async (args, said) => {
    const ran = await footing(args)
    expect(ran.code).toBe(2)
    expect(ran.err).toContain(said)
    expect(ran.out).toBe('')
  })
})

describe('output', () => {
  it('is one JSON document and nothing else with --json or --format json', async () => {
    for (const args of [['--json'], ['--format', 'json']]) {
      expect(JSON.parse((await footing(args)).out)).toMatchObject({ schemaVersion: 1, tool: { name: 'footing' } })
    }
  })

  it('goes to several files at once, before stdout', async () => {
    const ran = await footing([
      '--format',
      'terminal',
      '--output',
      'json=out/a.json',
      '--output',
      'sarif=out/a b.sarif',
    ])
    expect(ran.out).toContain('boundaries')
    expect(JSON.parse(readFileSync(join(root, 'out/a.json'), 'utf8')).findings).toHaveLength(1)
    expect(JSON.parse(readFileSync(join(root, 'out/a b.sarif'), 'utf8')).version).toBe('2.1.0')
  })

  it('has no colour in a pipe, none with NO_COLOR, some with FORCE_COLOR', async () => {
    expect((await footing([])).out).not.toContain('\u001b[')
    expect((await footing([], { FORCE_COLOR: '1' })).out).toContain('\u001b[')
    expect((await footing([], { FORCE_COLOR: '1', NO_COLOR: '1' })).out).not.toContain('\u001b[')
  })

  it('writes the step summary of GitHub beside the annotations', async () => {
    const summary = join(root, 'summary.md')
    const ran = await footing(['--format', 'github'], { GITHUB_STEP_SUMMARY: summary })
    expect(ran.out).toMatch(/^::warning file=app\/b\.py,line=1/)
    expect(readFileSync(summary, 'utf8')).toContain('# Audit of')
  })

  it('explains a rule by its page, by full or short name', async () => {
    const page = (await footing(['--explain', 'boundaries/import-cycle'])).out
    expect(page).toMatch(/^# boundaries\/import-cycle\n/)
    expect((await footing(['--explain', 'import-cycle'])).out).toBe(page)
  })
})

describe('what counts', () => {
  it('is the decisions and the confidence asked for', async () => {
    const result = JSON.parse((await footing(['--only', 'services,data', '--json'])).out)
    expect(result.findings).toEqual([])
    expect(result.scorecard.map((score: { decision: string }) => score.decision)).toEqual(['data', 'services'])
  })

  it('leaves out what a comment allows with a reason, and says so when it allows nothing', async () => {
    write({ 'app/b.py': 'from app.a import x  # footing: allow boundaries/import-cycle -- one unit\ny = 2\n' })
    const allowed = JSON.parse((await footing(['--json'])).out)
    expect([allowed.findings, allowed.silenced.length]).toEqual([[], 1])
    write({ 'app/a.py': 'x = 1\n' })
    const unused = JSON.parse((await footing(['--json'])).out)
    expect(unused.findings.map((finding: { rule: string }) => finding.rule)).toEqual(['audit/unused-suppression'])
  })

  it('follows footing.config.json, found or named, and refuses what it does not know', async () => {
    write({ 'footing.config.json': '{ "audit": { "rules": { "boundaries/import-cycle": "off" } } }' })
    expect(JSON.parse((await footing(['--json'])).out).findings).toEqual([])
    write({ 'other.ts': 'export default { audit: { rules: { "boundaries/import-cycle": "critical" } } }\n' })
    expect(await footing(['--config', 'other.ts'])).toMatchObject({ code: 1 })
    write({ 'footing.config.json': '{ "audit": { "rules": { "boundaries/cycle": "off" } } }' })
    expect((await footing([])).err).toContain('There is no rule boundaries/cycle')
    write({ 'footing.config.json': '{ "audit": { "excludes": [] } }' })
    expect((await footing([])).err).toContain('`audit.excludes` is no setting')
  })
})

describe('baseline', () => {
  const entries = () => JSON.parse(readFileSync(join(root, 'known.json'), 'utf8')).entries
  const args = ['--baseline', 'known.json', '--fail-on', 'medium']

  it('is written once, silences what it knows, shrinks, and never grows', async () => {
    expect(await footing([...args, '--update-baseline'])).toMatchObject({ code: 0 })
    expect(entries()).toHaveLength(1)
    expect(await footing(args)).toMatchObject({ code: 0 })

    write({ 'app/c.py': 'from app.d import v\nu = 1\n', 'app/d.py': 'from app.c import u\nv = 1\n' })
    expect(await footing(args)).toMatchObject({ code: 1 })
    const update = await footing([...args, '--update-baseline'])
    expect(update.err).toContain('1 new finding was not added')
    expect(entries()).toHaveLength(1)

    write({ 'app/b.py': 'y = 2\n', 'app/d.py': 'v = 1\n' })
    expect((await footing(args)).out).toContain('1 baseline entries are gone')
    await footing([...args, '--update-baseline'])
    expect(entries()).toEqual([])
  })

  it('that is damaged stops the run', async () => {
    write({ 'known.json': '{"footingBaseline": 1, "entries": [' })
    expect(await footing(args)).toMatchObject({ code: 2 })
  })
})

it('leaves nothing behind in the audited folder', async () => {
  await footing([])
  expect(existsSync(join(root, '.footing'))).toBe(false)
})
