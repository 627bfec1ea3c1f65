// The one connection of a process to Redis: bounded waiting, bounded values, a circuit, and coded errors.
import { channel } from 'node:diagnostics_channel'
import { type Clock, type FootingError, isFootingError, systemClock } from '@footing/kernel'
import { Circuit } from './circuit.ts'
import { moduleCommands } from './commands.ts'
import type { ModuleRedis, Redis, RedisArgument, RedisDriver, RedisRecord } from './contract/contract.ts'
import { redisErrors } from './contract/errors.ts'
import { openIoRedis } from './drivers/ioredis.ts'
import { openHotData } from './hot-data.ts'
import { addressOf, parseRedisUrl } from './redis-url.ts'
import { isAway, translateRedisError } from './translate-error.ts'

/** How Redis is opened. Only `url` has no default. */
export interface RedisOptions {
  readonly url: string
  /** First part of every key, so that applications can share a server. Default `footing`. */
  readonly application?: string
  /** Longest time for one command in milliseconds, waiting for a connection included. Default 250. */
  readonly timeoutMs?: number
  /** Longest time for one attempt to connect in milliseconds. Default 1000. */
  readonly connectTimeoutMs?: number
  /** Most commands under way at once; one more is refused. Default 1000. */
  readonly mostPending?: number
  /** Largest value in bytes. Default 1 MiB. */
  readonly largestValue?: number
  /** Most loads at once that a module may run in the place of Redis. Default 50. */
  readonly mostLoads?: number
  readonly clock?: Clock
  /** Between 0 and 1. */
  readonly random?: () => number
}

/** Where commands are published. */
export const redisChannel = channel('footing:redis')

/** Longest key that a module may use, in bytes. */
const longestKey = 512
const longestReconnectMs = 2000

/** Sends one command for a module; keys are already complete. */
export type SendCommand = (module: string, command: string, args: readonly RedisArgument[]) => Promise<unknown>

/**
 * Opens Redis. It never waits for the connection: a Redis that is away at start is a Redis that is away.
 * @throws `redis-url-invalid`, `redis-client-missing`
 */
export async function openRedis(options: RedisOptions): Promise<Redis> {
  const place = parseRedisUrl(options.url)
  const { clock = systemClock, random = Math.random, application = 'footing' } = options
  const { timeoutMs = 250, connectTimeoutMs = 1000, largestValue = 2 ** 20, mostLoads = 50 } = options
  const driver = await openIoRedis({
    place,
    timeoutMs,
    connectTimeoutMs,
    reconnectAfterMs: (attempt) => Math.min(longestReconnectMs, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + random() / 2),
    name: application,
  })
  const line = new CommandLine(driver, {
    circuit: new Circuit({ clock, random }),
    clock,
    timeoutMs,
    mostPending: options.mostPending ?? 1000,
    translate: (error, module, command) => translateRedisError(error, { module, command, timeoutMs, place }),
    address: addressOf(place),
  })
  const send: SendCommand = (module, command, args) => line.send(module, command, args)
  const modules = new Map<string, ModuleRedis>()
  const openModule = (module: string): ModuleRedis => {
    const keyOf = (key: string) => moduleKey(application, module, key)
    return {
      hot: openHotData({ module, keyOf, send, clock, largestValue, mostLoads }),
      command: async (name, key, ...args) => {
        const command = name.toLowerCase()
        if (!moduleCommands.has(command))
          throw redisErrors('redis-command-refused', { details: { command: nameForMessage(name) } })
        const whole = keyOf(key)
        refuseLarge(args, largestValue)
        return send(module, command, [whole, ...args])
      },
    }
  }
  return {
    forModule(name) {
      const known = modules.get(name) ?? openModule(name)
      modules.set(name, known)
      return known
    },
    script: (capability, source, keys, values) => {
      const whole = keys.map((key) => capabilityKey(application, capability, key))
      refuseLarge(values, largestValue)
      return send(capability, 'eval', [source, keys.length, ...whole, ...values])
    },
    health: () =>
      line.send('footing', 'ping', []).then(
        () => 'ok',
        (error: unknown) => (isFootingError(error) ? error.code : 'failed'),
      ),
    get stats() {
      return line.stats
    },
    close: () => line.close(),
  }
}

/** The complete key. What is in braces decides the node of a cluster, so a key and what hangs on it live together. */
function moduleKey(application: string, module: string, key: string): string {
  const refuse = (reason: string) => redisErrors('redis-key-invalid', { details: { reason, most: longestKey } })
  if (typeof key !== 'string' || key === '') throw refuse('it is empty.')
  if (!key.isWellFormed()) throw refuse('it is no well-formed text.')
  const bytes = Buffer.byteLength(key)
  if (bytes > longestKey) throw refuse(`it has ${bytes} bytes.`)
  return `{${application}:${module}:${key}}`
}

/** The complete key of a capability: what is in braces is the same for all of them, so that one script reaches many. */
function capabilityKey(application: string, capability: string, key: string): string {
  return `{${application}:footing-${capability}}:${key}`
}

/** @throws `redis-value-too-large` */
function refuseLarge(args: readonly RedisArgument[], most: number): void {
  let bytes = 0
  for (const arg of args) bytes += Buffer.isBuffer(arg) ? arg.length : Buffer.byteLength(String(arg))
  if (bytes > most) throw redisErrors('redis-value-too-large', { details: { bytes, most } })
}

function nameForMessage(name: string): string {
  return /^[A-Za-z.]{1,40}$/.test(name) ? name : 'This'
}

interface LineOptions {
  readonly circuit: Circuit
  readonly clock: Clock
  readonly timeoutMs: number
  readonly mostPending: number
  readonly translate: (error: unknown, module: string, command: string) => FootingError
  readonly address: string
}

/** Commands on their way: each has a deadline, and there are only so many. */
class CommandLine {
  readonly #driver: RedisDriver
  readonly #options: LineOptions
  readonly #waiting = new Set<() => void>()
  #pending = 0
  #closing: Promise<void> | undefined
  #onIdle: (() => void) | undefined

  constructor(driver: RedisDriver, options: LineOptions) {
    this.#driver = driver
    this.#options = options
    driver.onReady(() => {
      options.circuit.invite()
      for (const wake of this.#waiting) wake()
    })
  }

  get stats(): Redis['stats'] {
    const { circuit } = this.#options
    const away = circuit.open || !this.#driver.ready
    return {
      state: this.#closing ? 'closed' : away ? 'away' : 'ready',
      pending: this.#pending,
      outages: circuit.outages,
    }
  }

  async send(module: string, command: string, args: readonly RedisArgument[]): Promise<unknown> {
    const { circuit, clock, mostPending, translate } = this.#options
    if (this.#closing !== undefined) throw redisErrors('redis-closed')
    if (this.#pending >= mostPending) throw redisErrors('redis-overloaded', { details: { pending: this.#pending } })
    if (!circuit.enter()) throw this.#away()
    const started = clock.monotonic()
    this.#pending += 1
    let code: string | undefined
    try {
      const answer = await this.#withDeadline(command, () => this.#driver.send(command, args))
      circuit.succeeded()
      return answer
    } catch (error) {
      const coded = translate(error, module, command)
      code = coded.code
      if (isAway(coded)) circuit.failed()
      else circuit.succeeded()
      throw coded
    } finally {
      this.#pending -= 1
      if (this.#pending === 0) this.#onIdle?.()
      if (redisChannel.hasSubscribers) {
        redisChannel.publish({ module, command, durationMs: clock.monotonic() - started, code } satisfies RedisRecord)
      }
    }
  }

  close(): Promise<void> {
    this.#closing ??= new Promise<void>((resolve) => {
      if (this.#pending === 0) resolve()
      else this.#onIdle = resolve
    }).then(() => this.#driver.close())
    return this.#closing
  }

  // The driver has a timeout of its own; this one also covers waiting for a connection, redirections and a hanging driver.
  #withDeadline(command: string, work: () => Promise<unknown>): Promise<unknown> {
    const { clock, timeoutMs, address } = this.#options
    return new Promise((resolve, reject) => {
      const end = () => {
        timer.cancel()
        this.#waiting.delete(begin)
      }
      const begin = () => {
        this.#waiting.delete(begin)
        work().then(resolve, reject).finally(end)
      }
      const timer = clock.after(timeoutMs, () => {
        const connecting = this.#waiting.has(begin)
        end()
        const details = { command, ms: timeoutMs, address }
        reject(connecting ? this.#away() : redisErrors('redis-timeout', { details }))
      })
      if (this.#driver.ready) begin()
      else this.#waiting.add(begin)
    })
  }

  #away(): FootingError {
    const { translate, address } = this.#options
    const { lastFault } = this.#driver
    if (lastFault === undefined) {
      return redisErrors('redis-away', { details: { reason: 'the last commands got no answer.', address } })
    }
    return translate(lastFault, 'footing', 'connect')
  }
}
