// The desk: real servers on demand, one of each, all gone at the end, whichever way the end comes.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testServer } from '../test-servers.ts'
import { openServerHarness } from './server-harness.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-desk-'))
})

afterEach(() => rm(folder, { recursive: true }))

const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port) })
    socket.once('connect', () => resolve(socket.destroy() !== undefined))
    socket.once('error', () => resolve(false))
  })

test('the pooler is a real one in transaction mode: it refuses startup parameters', async () => {
  const client = new pg.Client({ connectionString: await testServer('pgbouncer'), statement_timeout: 1000 })
  client.on('error', () => undefined)
  await expect(client.connect()).rejects.toThrow(/unsupported startup parameter/)
})

test('redis answers', async () => {
  const url = new URL(await testServer('redis'))
  const socket = connect({ host: url.hostname, port: Number(url.port) })
  socket.write('PING\r\n')
  const [said] = await once(socket, 'data')
  expect(String(said)).toBe('+PONG\r\n')
  socket.destroy()
})

test('many who ask at once get the same server, and closing stops it', async () => {
  const desk = await openServerHarness({ resolveFrom: [], log: () => undefined })
  const urls = await Promise.all(Array.from({ length: 10 }, () => desk.ask('redis')))
  expect(new Set(urls).size).toBe(1)
  const url = urls[0] ?? ''
  expect(await answers(url)).toBe(true)
  await desk.close()
  await desk.close()
  expect(await answers(url)).toBe(false)
})

test('whoever does not know the secret of the desk gets nothing', async () => {
  const desk = await openServerHarness({ resolveFrom: [], log: () => undefined })
  for (const path of ['/postgres', '/000000000000000000000000/postgres', '/../postgres']) {
    expect((await fetch(new URL(path, desk.url))).status).toBe(404)
  }
  expect((await fetch(new URL('toString', desk.url))).status).toBe(404)
  await desk.close()
})

describe('a run that is killed', () => {
  const program = `
  import { openServerHarness } from ${JSON.stringify(new URL('./server-harness.ts', import.meta.url).href)}
  const desk = await openServerHarness({ resolveFrom: [], log() {} })
  console.log(JSON.stringify(await Promise.all(['postgres', 'pgbouncer', 'redis'].map((name) => desk.ask(name)))))
  setInterval(() => {}, 1000)`

  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('by %s leaves no server and no file', async (signal) => {
    const file = join(folder, 'run.mjs')
    await writeFile(file, program)
    const run = spawn(process.execPath, ['--conditions=@footing/source', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR: folder },
    })
    const [line] = await once(createInterface({ input: run.stdout }), 'line')
    const urls: unknown = JSON.parse(String(line))
    const servers = Array.isArray(urls) ? urls.map(String) : []
    expect(await Promise.all(servers.map(answers))).toEqual([true, true, true])
    run.kill(signal)
    await once(run, 'exit')
    const left = async () => (await readdir(folder)).filter((entry) => entry !== 'run.mjs')
    await expect.poll(left, { timeout: 15_000 }).toEqual([])
    expect(await Promise.all(servers.map(answers))).toEqual([false, false, false])
  })
})
