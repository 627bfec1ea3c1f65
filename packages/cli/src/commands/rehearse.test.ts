// A rehearsal from the command line: what it finds, what it leaves alone, and what it refuses to judge.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { testServer } from '@footing/core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTerminal } from '../command/terminal.ts'
import type { RehearsalResult } from '../rehearse/show-rehearsal.ts'
import { rehearse } from './rehearse.ts'

const entry = fileURLToPath(new URL('../rehearse/rehearsed.fixture.ts', import.meta.url))
const program = fileURLToPath(new URL('../rehearse/rehearsed-tests.fixture.ts', import.meta.url))
const defaults = { latency: '0', duplicate: '0', lose: '0', restart: '0' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing rehearse '))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ footing: { app: entry } }))
  await testServer('postgres')
})
afterAll(() => rm(folder, { recursive: true }))

async function run(
  module: string,
  what: string,
  options: Readonly<Record<string, string | boolean>> = {},
  json = true,
) {
  let text = ''
  const stream = { write: (part: string) => (text += part) }
  const terminal = createTerminal({ stdout: stream, stderr: { write: () => true }, env: {}, json })
  const command = `"${process.execPath}" --conditions=@footing/source "${program}" ${what}`
  const code = await rehearse.run({
    args: { module, app: folder },
    options: { ...defaults, ...(what === '' ? {} : { test: command }), ...options },
    terminal,
    cwd: folder,
    env: process.env,
    signal: new AbortController().signal,
  })
  return { code, text, result: (json ? JSON.parse(text) : undefined) as RehearsalResult } // the command's own document
}

const kinds = ({ findings }: RehearsalResult) => findings.map(({ kind, where }) => `${kind} ${where}`)

test('a loop and a shared object are found without any disturbance, and the tests still pass', async () => {
  const { code, result } = await run('till', 'all', { calm: true })
  expect(code).toBe(1)
  expect(kinds(result)).toEqual(['aliased-object till.take', 'chatty-calls POST /v1/buy'])
  expect(result.findings[1]?.what).toBe('called till.price 7 times for one request')
  expect(result.notes.calls['till.price']).toMatchObject({ calls: 7, idempotent: true, codes: {} })
  expect(result.deployment.application[0]).toBe('PLACE_TILL=https://<till>')
  expect(result.deployment.module[0]).toBe('SERVE_MODULES=till')
  expect(result.remarks.join()).toContain('till.take is not idempotent')
})

test('arriving twice shows what is not idempotent, losing answers shows who repeats blindly', async () => {
  const twice = await run('till', 'once', { duplicate: '1' })
  expect(kinds(twice.result)).toContain('operation-not-idempotent till.once')
  const lost = await run('till', 'all', { lose: '1', loseAll: true })
  expect(kinds(lost.result)).toContain('unsafe-repetition till.take')
})

test('a test that breaks is told apart from one that is broken anyway', async () => {
  const { code, result } = await run('till', 'fails', { calm: true })
  expect([code, kinds(result)[0]]).toEqual([1, 'test-that-breaks the tests'])
  const anyway = await run('till', 'fails-anyway', { calm: true })
  expect([anyway.code, anyway.result.failedAnyway.length]).toEqual([1, 1])
  expect(kinds(anyway.result).some((kind) => kind.startsWith('test-that-breaks'))).toBe(false)
})

test('for a person', async () => {
  const { text } = await run('till', 'all', { calm: true }, false)
  for (const part of ['till in a process of its own', '7 × 2 ms = 14 ms', 'SERVE_MODULES=till', '2 findings']) {
    expect(text).toContain(part)
  }
})

test.each([
  ['a module that is not there', 'tils', 'all', {}, 'rehearse-module-unknown'],
  ['a module that no test calls', 'lonely', 'all', {}, 'rehearse-empty'],
  ['tests that nobody can find', 'till', '', {}, 'rehearse-tests-missing'],
  ['a number that is none', 'till', 'all', { latency: 'fast' }, 'rehearse-option-wrong'],
])('%s is refused', async (_name, module, what, options, code) => {
  await expect(run(module, what, options)).rejects.toMatchObject({ code })
})
