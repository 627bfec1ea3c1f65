// Real Redis processes for the tests of this folder: single ones that can be frozen and killed, a cluster, sentinels.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from '../servers/embedded/embedded-postgres.ts'
import { ensurePrograms, testPrograms } from '../testing/servers/system-packages.ts'

/** One Redis process. */
export interface RedisProcess {
  readonly port: number
  /** Stops it without ending it: it accepts connections and says nothing. */
  freeze(): void
  thaw(): void
  /** kill -9. */
  kill(): Promise<void>
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** Sends a command past the facade. */
  ask(command: string, ...args: readonly (string | number)[]): Promise<unknown>
  stop(): Promise<void>
}

/** Starts a redis-server with lines of configuration beyond port and folder. */
export async function startRedisProcess(lines: readonly string[] = [], sentinel = false): Promise<RedisProcess> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'footing-redis-'))
  const file = join(folder, 'redis.conf')
  const program = (await ensurePrograms(testPrograms, () => undefined)).get('redis-server') ?? 'redis-server'
  const socket = join(folder, 'redis.sock')
  await writeFile(
    file,
    [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, 'save ""', ...lines, '']
      .join('\n')
      .replaceAll('{socket}', socket),
  )
  let child: ChildProcess | undefined
  const killAtExit = () => child?.kill('SIGKILL')
  process.once('exit', killAtExit)
  const own: RedisProcess & { readonly socket: string } = {
    port,
    socket,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    async kill() {
      const ended = child === undefined ? undefined : new Promise((resolve) => child?.once('exit', resolve))
      child?.kill('SIGKILL')
      await ended
      child = undefined
    },
    async start() {
      child = spawn(program, [file, ...(sentinel ? ['--sentinel'] : [])], { stdio: 'ignore' })
      await until(`redis on ${port}`, () => accepts(port))
    },
    async ask(command, ...args) {
      const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => null, commandTimeout: 3000 })
      client.on('error', () => undefined)
      try {
        return await client.call(command, [...args])
      } finally {
        client.disconnect()
      }
    },
    async stop() {
      await own.kill()
      process.off('exit', killAtExit)
      await rm(folder, { recursive: true, force: true })
    },
  }
  await own.start()
  return own
}

/** Path of the socket of a process whose configuration asked for one. */
export function socketOf(server: RedisProcess): string {
  return String(Reflect.get(server, 'socket'))
}

/** Asks again until the answer is yes. */
export async function until(what: string, holds: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await holds().catch(() => false))) {
    if (performance.now() > end) throw new Error(`did not happen within ${limitMs} ms: ${what}`)
    await delay(25)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
