// A remembered judgement is the one that judging again would give; whatever it depends on makes a new one.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type AuditOptions, audit } from '../audit.ts'
import { DEFAULT_SETTINGS } from '../settings/settings.ts'

let root: string
let cache: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'judged-'))
  cache = mkdtempSync(join(tmpdir(), 'cache-'))
  write(
    'app/main.py',
    'import time\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get("/")\nasync def home():\n    time.sleep(1)\n    return 1\n',
  )
  write('requirements.txt', 'fastapi==0.110\n')
})
afterEach(() => {
  for (const folder of [root, cache]) rmSync(folder, { recursive: true, force: true })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  // Files that changed a moment ago are not trusted by their time stamp.
  utimesSync(join(root, path), new Date(Date.now() - 60_000 + stamp++), new Date(Date.now() - 60_000 + stamp++))
}
let stamp = 0

/** Changes a file; the options stay as they are. */
function changed(path: string, text: string): Partial<AuditOptions> {
  write(path, text)
  return {}
}

/** Whether the rules ran, and what came out. */
async function run(options: Partial<AuditOptions> = {}) {
  const steps = new Set<string>()
  const result = await audit({ root, cache, history: false, ...options, onProgress: ({ step }) => steps.add(step) })
  return { judged: steps.has('judging'), result }
}

const file = () => join(cache, readdirSync(cache).find((name) => name.startsWith('judgement-')) ?? 'none')

test('an unchanged tree is not judged again, and the result is the same', async () => {
  const first = await run()
  const again = await run()
  const cold = await run({ cache: false })
  expect([first.judged, again.judged, cold.judged]).toEqual([true, false, true])
  expect(first.result.findings.map(({ rule }) => rule)).toContain('async/blocking-call-in-async')
  expect(JSON.stringify(again.result)).toBe(JSON.stringify(first.result))
  expect(JSON.stringify(cold.result)).toBe(JSON.stringify(first.result))
})

test.each<[string, () => Partial<AuditOptions>]>([
  ['a source', () => changed('app/main.py', 'import time\ntime.sleep(1)\n')],
  ['a new source', () => changed('app/more.py', 'x = 1\n')],
  ['configuration', () => changed('requirements.txt', 'flask==3.0\n')],
  ['a file of any kind', () => changed('CODEOWNERS', '* @acme/all\n')],
  ['settings', () => ({ settings: { ...DEFAULT_SETTINGS, rules: { 'async/blocking-call-in-async': 'off' } } })],
  ['the choice of rules', () => ({ only: ['data'] })],
])('%s that changed makes a new judgement, equal to a cold one', async (_what, change) => {
  await run()
  const options = change()
  const after = await run(options)
  expect(after.judged).toBe(true)
  const cold = await run({ ...options, cache: false })
  expect(JSON.stringify(after.result)).toBe(JSON.stringify(cold.result))
})

test('a damaged, cut, empty or foreign file is judged anew and replaced', async () => {
  const { result } = await run()
  const good = readFileSync(file(), 'utf8')
  for (const bad of [
    '',
    'x',
    good.slice(0, -5),
    good.replace('time.sleep', 'time.sleeq'),
    `${good} `,
    '{}\n{}',
    '\0'.repeat(1000),
  ]) {
    writeFileSync(file(), bad)
    const repaired = await run()
    expect(repaired.judged).toBe(true)
    expect(JSON.stringify(repaired.result)).toBe(JSON.stringify(result))
    expect((await run()).judged).toBe(false)
  }
})

test('a cache folder that cannot be made costs nothing but time; nothing but whole files is left behind', async () => {
  const blocked = join(root, 'app/main.py/cache')
  expect((await run({ cache: blocked })).judged).toBe(true)
  await Promise.all([run(), run(), run()])
  expect(readdirSync(cache).filter((name) => name.endsWith('.tmp'))).toEqual([])
  expect(statSync(file()).size).toBeGreaterThan(100)
})
