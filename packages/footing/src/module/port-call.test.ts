// Calls between modules: deadlines, cancellation, validation, portability, coded errors, statistics.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { defineErrors, type FootingError, manualClock } from '@footing/kernel'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { currentContext } from '../work/call-context.ts'
import type { Context } from '../work/context.ts'
import { DeadlineWheel } from '../work/deadline-wheel.ts'
import { type AnyManifest, defineModule } from './define-module.ts'
import { ModuleNetwork } from './module-network.ts'
import { op } from './operation.ts'
import { type CallRecord, callChannel } from './port-call.ts'

const shelf = defineModule('shelf', {
  owner: '@acme/books',
  port: {
    find: op({ in: z.object({ isbn: z.string().trim() }), out: z.object({ title: z.string() }), deadline: '100ms' }),
    slow: op({ in: z.object({ title: z.string() }), out: z.object({ title: z.string() }), deadline: '10s' }),
    remove: op({ in: z.object({ isbn: z.string() }) }),
  },
})

type Answers = Readonly<Record<string, (input: never, context: Context) => unknown>>

function network(answers: Answers, options: { checked?: boolean; manifests?: readonly AnyManifest[] } = {}) {
  const clock = manualClock()
  const wheel = new DeadlineWheel(clock)
  const net = new ModuleNetwork(options.manifests ?? [shelf], { clock, wheel, checked: options.checked ?? true })
  const unused = async () => undefined
  net.answer('shelf', { find: unused, slow: unused, remove: unused, ...answers })
  const { shelf: ports } = net.portsFor(undefined, [shelf])
  // The tests call with wrong values on purpose, so they use the untyped ports.
  return { clock, wheel, net, ports: ports as Record<string, (input?: unknown, options?: object) => Promise<unknown>> }
}

const never = () => new Promise<never>(() => {})

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: FootingError) => error.code ?? String(error),
  )
}

describe('a call', () => {
  test('passes the checked input and gives back the answer', async () => {
    const { ports } = network({ find: async ({ isbn }: { isbn: string }) => ({ title: `<${isbn}>` }) })
    await expect(ports.find!({ isbn: ' 42 ', extra: 'dropped' })).resolves.toEqual({ title: '<42>' })
  })

  test('refuses bad input with the place of each fault, in production too', async () => {
    for (const checked of [true, false]) {
      const { ports } = network({ find: async () => ({ title: '' }) }, { checked })
      await expect(ports.find!({ isbn: 3 })).rejects.toMatchObject({
        code: 'invalid-input',
        status: 400,
        issues: [{ pointer: '/isbn' }],
      })
    }
  })

  test('hands the context on: ids stay, the module changes', async () => {
    const seen: Context[] = []
    const { ports } = network({
      find: async (_input: unknown, context: Context) => {
        seen.push(context)
        await ports.slow!({ title: 'x' })
        return { title: '' }
      },
      slow: async (_input: unknown, context: Context) => {
        seen.push(context)
        expect(currentContext()).toBe(context)
        return { title: '' }
      },
    })
    await ports.find!({ isbn: '1' })
    const [outer, inner] = seen
    expect(inner?.requestId).toBe(outer?.requestId)
    expect(inner?.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(inner?.spanId).not.toBe(outer?.spanId)
    expect([outer?.operation, inner?.operation]).toEqual(['find', 'slow'])
    expect(currentContext()).toBeUndefined()
  })

  test('keeps coded errors and wraps others, with the original as cause', async () => {
    const errors = defineErrors({
      'book-lost': { status: 404, retryable: false, what: 'Lost.', why: 'It fell.', remedy: 'Look below.' },
    })
    const lost = errors('book-lost')
    const fault = new Error('secret detail')
    const { ports } = network({
      find: async () => {
        throw lost
      },
      slow: () => {
        throw fault
      },
    })
    await expect(ports.find!({ isbn: '1' })).rejects.toBe(lost)
    const wrapped = await ports.slow!({ title: 'x' }).catch((error: FootingError) => error)
    expect(wrapped).toMatchObject({ code: 'operation-failed', cause: fault })
    expect(JSON.stringify(wrapped)).not.toContain('secret detail')
  })
})

describe('a deadline', () => {
  test('ends a call that hangs, aborts its signal and leaves nothing behind', async () => {
    let context: Context | undefined
    const { ports, clock, wheel } = network({
      find: (_input: unknown, given: Context) => {
        context = given
        return never()
      },
    })
    const code = codeOf(ports.find!({ isbn: '1' }))
    await clock.advance(90)
    expect(context?.signal.aborted).toBe(false)
    await clock.advance(30)
    expect(await code).toBe('deadline-exceeded')
    expect(context?.signal.aborted).toBe(true)
    expect(wheel.size).toBe(0)
    await clock.advance(20)
    expect(clock.pending).toBe(0)
  })

  test('of the caller wins when it is nearer, and ends the calls below', async () => {
    let below: Context | undefined
    const { ports, clock } = network({
      find: async () => ports.slow!({ title: 'x' }),
      slow: (_input: unknown, given: Context) => {
        below = given
        return never()
      },
    })
    const code = codeOf(ports.find!({ isbn: '1' }))
    await clock.advance(0)
    expect(below?.remainingMs()).toBe(100)
    await clock.advance(120)
    expect(await code).toBe('deadline-exceeded')
    expect(below?.signal.aborted).toBe(true)
  })

  test('can be made nearer by the caller, never farther', async () => {
    const { ports, clock } = network({ find: never })
    const near = codeOf(ports.find!({ isbn: '1' }, { deadline: '20ms' }))
    const far = codeOf(ports.find!({ isbn: '1' }, { deadline: '1h' }))
    await clock.advance(40)
    expect(await near).toBe('deadline-exceeded')
    await clock.advance(80)
    expect(await far).toBe('deadline-exceeded')
  })

  test('that has passed already calls nobody', async () => {
    let calls = 0
    const { ports, clock } = network({
      find: async () => {
        await clock.sleep(200)
        await ports.slow!({ title: 'x' })
      },
      slow: async () => {
        calls++
        return { title: '' }
      },
    })
    await Promise.all([codeOf(ports.find!({ isbn: '1' })), clock.advance(300)])
    expect(calls).toBe(0)
  })
})

describe('cancellation', () => {
  test('by a signal reaches the operation and what it calls', async () => {
    let below: Context | undefined
    const { ports, clock } = network({
      find: async () => ports.slow!({ title: 'x' }),
      slow: (_input: unknown, given: Context) => {
        below = given
        return never()
      },
    })
    const controller = new AbortController()
    const code = codeOf(ports.find!({ isbn: '1' }, { signal: controller.signal }))
    await clock.advance(0)
    controller.abort()
    expect(await code).toBe('cancelled')
    expect(below?.signal.aborted).toBe(true)
  })

  test('before the call refuses it', async () => {
    const { ports } = network({ find: async () => ({ title: '' }) })
    expect(await codeOf(ports.find!({ isbn: '1' }, { signal: AbortSignal.abort() }))).toBe('cancelled')
  })
})

describe('in development and tests', () => {
  test('what JSON cannot carry is refused with its place', async () => {
    const { ports } = network({ find: async () => ({ title: '' }) })
    const hostile = [{ isbn: new Date(0) }, { isbn: '1', done: () => 1 }, { isbn: '1', n: Number.NaN }, { isbn: 1n }]
    for (const input of hostile) expect(await codeOf(ports.find!(input))).toBe('not-portable')
  })

  test('a transaction is named as what it is', async () => {
    const { transactionBrand } = await import('../data/contract/contract.ts')
    const { ports } = network({ find: async () => ({ title: '' }) })
    expect(await codeOf(ports.find!({ isbn: '1', tx: { [transactionBrand]: true } }))).toBe('transaction-across-port')
  })

  test('changing an argument afterwards throws, on both sides', async () => {
    const { ports } = network({
      find: async (input: { isbn: string }) => {
        input.isbn = 'changed'
        return { title: '' }
      },
      slow: async () => ({ title: '' }),
    })
    expect(await codeOf(ports.find!({ isbn: '1' }))).toBe('operation-failed')
    const mine = { title: 'x' }
    await ports.slow!(mine)
    expect(() => {
      mine.title = 'y'
    }).toThrow(TypeError)
  })

  test('an answer must match its schema, and nothing means nothing', async () => {
    const { ports } = network({ find: async () => ({ name: 'x' }), remove: async () => 3 })
    expect(await codeOf(ports.find!({ isbn: '1' }))).toBe('invalid-output')
    expect(await codeOf(ports.remove!({ isbn: '1' }))).toBe('invalid-output')
  })

  test('an answer loses what its schema does not name, as it would on a wire', async () => {
    const { ports } = network({ find: async () => ({ title: 'a', hash: 'b' }) })
    expect(await ports.find!({ isbn: '1' })).toEqual({ title: 'a' })
  })
})

describe('statistics', () => {
  test('count calls, errors and callers', async () => {
    const reader = defineModule('reader', { owner: '@acme/books', needs: [shelf] })
    const { net, ports } = network({ find: async () => ({ title: '' }) }, { manifests: [shelf, reader] })
    const { shelf: fromReader } = net.portsFor('reader', [shelf])
    await ports.find!({ isbn: '1' })
    await fromReader?.find?.({ isbn: '1' })
    await codeOf(ports.find!({ isbn: 1 }))
    const stats = net.targets.find((target) => target.name === 'find')?.stats()
    expect(stats).toMatchObject({ calls: 3, errors: 1, running: 0, callers: { '-': 2, reader: 1 } })
  })

  test('each finished call is published once, with its code', async () => {
    const records: CallRecord[] = []
    const listen = (record: unknown) => records.push(record as CallRecord)
    subscribe(callChannel.name, listen)
    const { ports } = network({ find: async () => ({ title: '' }) })
    await ports.find!({ isbn: '1' })
    await codeOf(ports.find!({ isbn: 1 }))
    unsubscribe(callChannel.name, listen)
    expect(records.map(({ module, operation, code }) => [module, operation, code])).toEqual([
      ['shelf', 'find', undefined],
      ['shelf', 'find', 'invalid-input'],
    ])
  })
})
