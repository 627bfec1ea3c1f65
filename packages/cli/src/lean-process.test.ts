// `footing start` begins with little room for what lives briefly, unless somebody has said how much.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const footing = fileURLToPath(new URL('../bin/footing.js', import.meta.url))
// Each Node that begins says with which options.
const tell = `data:text/javascript,console.error(['began', process.pid, ...process.execArgv].join(' '))`

async function begin(command: string, nodeOptions: readonly string[], env = {}) {
  const child = spawn(process.execPath, [...nodeOptions, '--import', tell, footing, command, '/nowhere/at/all'], {
    env: { ...process.env, ...env },
  })
  const words = await text(child.stderr)
  const begun = [...words.matchAll(/^began (\d+) (.*)$/gm)].map(([, pid, options]) => ({ pid, options }))
  return { begun, pid: String(child.pid), words }
}

test('the process is the same one, and its other options stay', async () => {
  const { begun, pid, words } = await begin('start', ['--stack-trace-limit=7'])
  expect(begun.map((each) => each.pid)).toEqual([pid, pid])
  expect(begun[1]?.options).toContain('--max-semi-space-size=8 --stack-trace-limit=7')
  expect(words).toContain('app-missing')
})

test.each([
  ['another command', 'explain', [], {}],
  ['an option of the caller', 'start', ['--max-semi-space-size=32'], {}],
  ['an option in the environment', 'start', [], { NODE_OPTIONS: '--max-semi-space-size=32' }],
])('%s: nothing begins anew', async (_what, command, options, env) => {
  expect((await begin(command, options, env)).begun).toHaveLength(1)
})
