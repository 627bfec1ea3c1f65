// Lines are gathered, and none is lost: by any orderly end, and none waits long in a process that lives.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const fixture = fileURLToPath(new URL('./line-buffer.fixture.ts', import.meta.url))
const start = (way: string) => spawn(process.execPath, ['--conditions=@footing/source', fixture, way], { env: {} })
const wanted = Array.from({ length: 1000 }, (_, line) => `line ${line}`)

test.each([
  ['the loop is empty', 'end'],
  ['process.exit', 'exit'],
  ['an error that nobody caught', 'throw'],
  ['telemetry stops', 'stop'],
])('%s: every line is there, in order', async (_what, way) => {
  const lines = (await text(start(way).stdout)).trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).message)).toEqual(wanted)
})

test('a process that goes on has written them all', async () => {
  const child = start('live')
  let written = ''
  for await (const chunk of child.stdout) {
    written += chunk
    if (written.includes('line 999')) break
  }
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  expect(written.trim().split('\n')).toHaveLength(1000)
})
