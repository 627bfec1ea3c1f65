// The drill from the command line: what it lists, what it refuses before anything starts, and one short run for real.

import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import type { DrillReport } from '../drill/report/report.ts'
import { drill } from './drill.ts'

const defaults = { kills: '3', workers: '1', budget: '20s', seed: '1' }
const { TMPDIR } = process.env
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing drill '))
  // What a drill leaves behind would lie here, and nobody else's does.
  process.env.TMPDIR = folder
  await write('jobless.ts', '', `defineModule('shop', { owner: '@a', tables: ['sale'] })`)
  await write(
    'homeless.ts',
    '',
    `defineModule('shop', { owner: '@a', events: { sold: event(z.object({ id: z.int() })) } })`,
  )
  await write(
    'broken.ts',
    `start: async () => { throw new Error('no stock today') }`,
    `defineModule('shop', { owner: '@a', tables: ['sale'], events: { sold: event(z.object({ id: z.int() })) } })`,
  )
})
afterAll(async () => {
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  await rm(folder, { recursive: true })
})

async function write(name: string, parts: string, manifest: string): Promise<void> {
  await writeFile(
    join(folder, name),
    `import { createApp, defineModule, event, implement } from ${JSON.stringify(import.meta.resolve('@footing/core'))}
     import { z } from ${JSON.stringify(import.meta.resolve('zod'))}
     const shop = ${manifest}
     export const app = createApp({ name: 'shop', modules: [implement(shop, () => ({ ${parts} }))] })\n`,
  )
}

async function run(
  args: Readonly<Record<string, string>>,
  options: Readonly<Record<string, string>> = {},
  json = true,
  note: (line: string) => void = () => undefined,
  signal = new AbortController().signal,
) {
  let text = ''
  const terminal = createTerminal({
    stdout: { write: (part: string) => (text += part) },
    stderr: { write: note },
    env: {},
    json,
  })
  const code = await drill.run({
    args,
    options: { ...defaults, ...options },
    terminal,
    cwd: folder,
    env: process.env,
    signal,
  })
  return { code, text }
}

const drilled = fileURLToPath(new URL('../drill/drilled.fixture.ts', import.meta.url))

/** Command lines of processes that belong to a drill of this file: each names its folder. */
function leftProcesses(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return line.includes(join(folder, 'footing-drill-')) || line.includes(encodeURI(join(folder, 'footing-drill-')))
          ? [line]
          : []
      } catch {
        return []
      }
    })
}

const leftFolders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('footing-drill-'))

test('without a name it lists the drills, with what each needs and how long it takes', async () => {
  const { code, text } = await run({}, {}, false)
  expect(code).toBe(0)
  for (const part of ['kill-worker', 'needs  ', 'takes  ', 'docs/drills.md']) expect(text).toContain(part)
  expect(JSON.parse((await run({})).text)).toMatchObject({ schemaVersion: 1, drills: [{ name: 'kill-worker' }] })
})

test.each([
  ['a drill that is not there', { drill: 'kill-wroker' }, {}, 'drill-unknown'],
  ['kills that are none', { drill: 'kill-worker' }, { kills: 'many' }, 'drill-option-wrong'],
  ['no worker', { drill: 'kill-worker' }, { workers: '0' }, 'drill-option-wrong'],
  ['a budget without a unit', { drill: 'kill-worker' }, { budget: '300' }, 'drill-option-wrong'],
  ['a budget that is too short', { drill: 'kill-worker' }, { budget: '5s' }, 'drill-budget-short'],
  ['no application', { drill: 'kill-worker' }, {}, 'app-missing'],
  [
    'a page in a folder that is not there',
    { drill: 'kill-worker', app: 'jobless.ts' },
    { html: 'no/x.html' },
    'drill-file-unwritable',
  ],
  ['nothing that a kill could lose', { drill: 'kill-worker', app: 'jobless.ts' }, {}, 'drill-nothing-promised'],
  ['no database', { drill: 'kill-worker', app: 'homeless.ts' }, {}, 'drill-database-missing'],
])('%s is refused before anything starts', async (_name, args, options, code) => {
  const before = await leftFolders()
  await expect(run(args, options)).rejects.toMatchObject({ code })
  expect(await leftFolders()).toEqual(before)
})

test('an application that does not start is told with its own words, and nothing is left behind', async () => {
  const before = await leftFolders()
  const failed = run({ drill: 'kill-worker', app: 'broken.ts' })
  await expect(failed).rejects.toMatchObject({ code: 'drill-start-failed' })
  await expect(failed).rejects.toThrow(/no stock today/)
  expect((await leftFolders()).filter((name) => !before.includes(name))).toEqual([])
})

test('a short run on real processes: nothing is lost, doubled or reordered, and it says what it could not judge', async () => {
  const page = join(folder, 'drill.html')
  const history = join(folder, 'drills.jsonl')
  const { text } = await run({ drill: 'kill-worker', app: drilled }, { workers: '2', html: page, history })
  const report = JSON.parse(text) as DrillReport // the command's own document
  const outcomes = new Map(report.verdicts.map(({ claim, outcome }) => [claim, outcome]))
  // How soon it ran again is a question of this machine, which may be busy with other tests.
  outcomes.delete('job-recovered')
  expect([...outcomes].filter(([, outcome]) => outcome === 'broken')).toEqual([])
  for (const claim of ['job-kept', 'event-kept']) expect(outcomes.get(claim)).toBe('held')
  // A pause longer than a lease needs a longer budget.
  expect(outcomes.get('job-fenced')).toBe('not exercised')
  expect(report.faults.filter(({ kind }) => kind === 'kill').length).toBeGreaterThanOrEqual(3)
  expect(report.leftovers.connections).toBe(0)
  expect(report.yours).toEqual(['jobs of shop', 'events shop.sold', 'schedules of shop', 'effect ledger in shop'])
  expect(report.repeat).toContain('--seed 1 ')
  expect(readFileSync(page, 'utf8')).toContain('kill-worker on drilled')
  expect(JSON.parse(readFileSync(history, 'utf8'))).toMatchObject({ schemaVersion: 1, drill: 'kill-worker' })
  expect(await leftFolders()).toEqual([])
  expect(leftProcesses()).toEqual([])
}, 400_000)

test.skipIf(process.platform !== 'linux')(
  'Ctrl-C in the middle leaves no process and no folder behind',
  async () => {
    const stop = new AbortController()
    let seen = 0
    const note = (line: string): void => {
      if (!line.startsWith('control')) return
      seen = leftProcesses().length
      stop.abort()
    }
    const { code } = await run({ drill: 'kill-worker', app: drilled }, {}, true, note, stop.signal)
    expect(code).toBe(130)
    expect(seen).toBeGreaterThan(2)
    expect(await leftFolders()).toEqual([])
    expect(leftProcesses()).toEqual([])
  },
  120_000,
)
