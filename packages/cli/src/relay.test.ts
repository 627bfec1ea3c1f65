import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const relay = fileURLToPath(new URL('../bin/relay.js', import.meta.url))
const stop = fileURLToPath(new URL('./command/stop.ts', import.meta.url))

/** Starts a relay whose child runs `script`; its output is the child's. */
function begin(script: string) {
  const command = `import { relay } from ${JSON.stringify(relay)}; relay(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(script)}])`
  const child = spawn(process.execPath, ['--input-type=module', '-e', command])
  child.stdout.setEncoding('utf8')
  return child
}

/** A child that tells its process id, and `stopped` when it was asked to stop. */
const patient = `
import { listenForStop } from ${JSON.stringify(stop)}
const keep = setInterval(() => {}, 1e6)
const { signal } = listenForStop()
signal.addEventListener('abort', () => { console.log('stopped'); clearInterval(keep); process.exitCode = 7; process.disconnect?.() })
console.log('begun ' + process.pid)
`

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s goes to the child, and its exit code becomes ours',
  async (name) => {
    const child = begin(patient)
    await once(child.stdout, 'data')
    child.kill(name)
    expect(await once(child, 'exit')).toEqual([7, null])
  },
)

test('a child that a signal killed gives the code that a shell would give', async () => {
  const child = begin("process.kill(process.pid, 'SIGKILL')")
  expect(await once(child, 'exit')).toEqual([137, null])
})

test('a relay that is killed takes the child along', async () => {
  const child = begin(patient)
  const [first] = await once(child.stdout, 'data')
  expect(String(first)).toMatch(/^begun \d+/)
  child.kill('SIGKILL')
  const [last] = await once(child.stdout, 'data')
  expect(String(last)).toBe('stopped\n')
})

test('under npm, a shell that is ended takes relay and child along', async () => {
  const command = `import { relay } from ${JSON.stringify(relay)}; relay(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(patient)}])`
  // A second command, so that the shell does not become the first one.
  const shell = spawn('sh', ['-c', `"$0" --input-type=module -e "$1"; true`, process.execPath, command], {
    env: { ...process.env, npm_lifecycle_event: 'npx' },
  })
  shell.stdout.setEncoding('utf8')
  const [first] = await once(shell.stdout, 'data')
  expect(String(first)).toMatch(/^begun \d+/)
  shell.kill('SIGTERM')
  const [last] = await once(shell.stdout, 'data')
  expect(String(last)).toBe('stopped\n')
})
