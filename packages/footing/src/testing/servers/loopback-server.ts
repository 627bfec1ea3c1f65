// Starts a server program under guard and waits until its port answers.
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type GuardedOptions, startGuarded } from '../../servers/embedded/guarded-process.ts'
import { testingError } from './errors.ts'

/** A server on a loopback port. */
export interface LoopbackServer {
  readonly port: number
  stop(): Promise<void>
}

/**
 * Starts it and waits for the first connection that it accepts.
 * @throws `test-server-failed` with its last words
 */
export async function startLoopbackServer(
  name: string,
  port: number,
  options: GuardedOptions,
  timeoutMs = 15_000,
): Promise<LoopbackServer> {
  const guarded = await startGuarded(options)
  const end = performance.now() + timeoutMs
  while (guarded.running() && performance.now() < end) {
    if (await accepts(port)) {
      return {
        port,
        stop: async () => {
          await guarded.stop(10_000)
        },
      }
    }
    await Promise.race([guarded.ended, delay(15)])
  }
  const words = await guarded.lastWords()
  await guarded.stop(5_000)
  throw testingError('test-server-failed', {
    server: name,
    waitedMs: timeoutMs,
    reason: words.slice(-400) || 'it said nothing',
  })
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
