// Seeded stalls of many kinds, each in a handler of its own name: for the tests and the benchmark of the guard.
import { pbkdf2Sync, scryptSync } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { systemClock } from '@footing/kernel'
import { defineModule } from '../../module/define-module.ts'
import { ModuleNetwork } from '../../module/module-network.ts'
import { op } from '../../module/operation.ts'
import { CallContext, newOrigin } from '../../work/call-context.ts'
import { DeadlineWheel } from '../../work/deadline-wheel.ts'
import { runWork } from '../../work/run-work.ts'

/** Blocks the thread. Nothing follows in it: the last thing that it does is what takes the time. */
export type Block = () => unknown

/** Ways to block, each for `ms` milliseconds or somewhat more on this machine. */
export function blocks(ms: number): Readonly<Record<string, Block>> {
  const file = join(tmpdir(), `footing-stall-${process.pid}`)
  process.once('exit', () => rmSync(file, { force: true }))
  return {
    busyLoop: () => busyLoop(ms),
    arithmetic: fitted(ms, 1_000_000, (size) => () => sumTo(size)),
    callbacks: fitted(ms, 100_000, (size) => {
      const values = numbers(size)
      return () => values.filter((value) => value % 3 === 0).map((value) => `${value}`).length
    }),
    jsonParse: fitted(ms, 50_000, (size) => {
      const text = JSON.stringify(rows(size))
      return () => JSON.parse(text)
    }),
    jsonStringify: fitted(ms, 50_000, (size) => {
      const value = rows(size)
      return () => JSON.stringify(value)
    }),
    readFile: fitted(ms, 8_000_000, (size) => {
      writeFileSync(file, Buffer.alloc(size, 'text'))
      return () => readFileSync(file, 'utf8')
    }),
    pbkdf2: fitted(ms, 20_000, (size) => () => pbkdf2Sync('secret', 'salt', size, 32, 'sha256')),
    scrypt: fitted(ms, 8192, (size) => () => scryptSync('secret', 'salt', 32, { N: size, r: 8, maxmem: 2 ** 30 })),
    deflate: fitted(ms, 2_000_000, (size) => {
      const bytes = Buffer.alloc(size, 'a text that can be compressed ')
      return () => deflateSync(bytes)
    }),
    regex: fitted(ms, 2 ** 20, (size) => {
      const text = `${'a'.repeat(Math.log2(size))}b`
      return () => /^(a+)+$/.test(text)
    }),
    sort: fitted(ms, 50_000, (size) => {
      const values = numbers(size)
      return () => values.toSorted((left, right) => left - right)
    }),
    sortNative: fitted(ms, 200_000, (size) => {
      const values = new Float64Array(numbers(size))
      return () => values.toSorted()
    }),
    wait: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
  }
}

/** Computes for `ms` milliseconds of the thread's own time, also where others use the processor. */
export function busyLoop(ms: number): void {
  const began = process.threadCpuUsage()
  const spent = () => {
    const { user, system } = process.threadCpuUsage(began)
    return (user + system) / 1000
  }
  while (spent() < ms);
}

/** Doubles the size of the work until it takes long enough, three times in a row: the first runs are slower. */
function fitted(ms: number, size: number, make: (size: number) => Block): Block {
  for (let tried = size; ; tried *= 2) {
    const block = make(tried)
    const shortest = Math.min(...[1, 2, 3].map(() => timed(block)))
    if (shortest >= ms) return block
  }
}

/** Whether a block that nobody saw is a stall at all: it was fitted at a moment when the machine may have been slower. */
export function lasts(block: Block, ms: number): boolean {
  return Math.min(...[1, 2, 3].map(() => timed(block))) >= ms
}

function timed(block: Block): number {
  const began = performance.now()
  block()
  return performance.now() - began
}

function sumTo(size: number): number {
  let sum = 0
  for (let index = 0; index < size; index++) sum = (sum + index * 7) | 0
  return sum
}

function numbers(size: number): number[] {
  return Array.from({ length: size }, (_, index) => (index * 7919) % 400_009)
}

function rows(size: number): readonly object[] {
  return Array.from({ length: size }, (_, index) => ({ index, name: `row ${index}` }))
}

const environment = { clock: systemClock, wheel: new DeadlineWheel(systemClock), checked: false }

/** Runs `work` as the handler of a request called `label` in module `shop`. */
export function asHandler<T>(label: string, work: () => Promise<T>): Promise<T> {
  const origin = newOrigin()
  origin.route = label
  const now = systemClock.monotonic()
  const context = new CallContext(systemClock, undefined, origin, 'shop', label, now, now + 60_000)
  return runWork(environment, context, work, undefined)
}

/** Runs `work` as a job: a context without a request. */
export function asJob<T>(name: string, work: () => Promise<T>): Promise<T> {
  const now = systemClock.monotonic()
  const context = new CallContext(systemClock, undefined, newOrigin(), 'shop', name, now, Number.POSITIVE_INFINITY)
  return runWork(environment, context, work, undefined)
}

/** A port whose operation `block` runs whatever it is told next. */
export function blockingPort(): { readonly call: () => Promise<unknown>; next: (() => unknown) | undefined } {
  const billing = defineModule('billing', { owner: '@acme/billing', port: { block: op({ deadline: '60s' }) } })
  const network = new ModuleNetwork([billing], environment)
  const port = {
    next: undefined as (() => unknown) | undefined,
    call: () => network.portsFor('shop', [billing]).billing?.block?.() ?? Promise.resolve(),
  }
  network.answer('billing', {
    block: async () => {
      await pause(1)
      port.next?.()
    },
  })
  return port
}

/** Where in a handler the stall stands. Each answers with the handler that has to be named. */
export const places: Readonly<Record<string, (label: string, block: () => unknown) => Promise<string>>> = {
  atOnce: async (label, block) => {
    await asHandler(label, async () => block())
    return label
  },
  afterAwait: async (label, block) => {
    await asHandler(label, async () => {
      await pause(3)
      block()
    })
    return label
  },
  afterTwoAwaits: async (label, block) => {
    await asHandler(label, async () => {
      await pause(2)
      await Promise.resolve()
      const value = block()
      await pause(1)
      return value
    })
    return label
  },
  inTimer: async (label, block) => {
    await asHandler(label, async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      setTimeout(() => {
        block()
        resolve()
      }, 3)
      await promise
    })
    return label
  },
  inJob: async (label, block) => {
    const name = label.replace(' /', '-')
    await asJob(name, async () => {
      await pause(2)
      block()
    })
    return `shop.${name}`
  },
  inPortCall: async (label, block) => {
    const port = blockingPort()
    port.next = block
    await asHandler(label, async () => {
      await port.call()
    })
    return 'billing.block'
  },
  afterPortCall: async (label, block) => {
    const port = blockingPort()
    await asHandler(label, async () => {
      await port.call()
      block()
    })
    return label
  },
  besideAnother: async (label, block) => {
    const other = asHandler('GET /innocent', async () => {
      for (let turn = 0; turn < 6; turn++) await pause(2)
    })
    await asHandler(label, async () => {
      await pause(5)
      block()
    })
    await other
    return label
  },
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
