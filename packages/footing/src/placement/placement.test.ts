// A module in a real second process: the same calls, errors, deadlines, cancellations and identities as in this one.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { request } from 'node:http'
import { type FootingError, isFootingError } from '@footing/kernel'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunningApp } from '../app/create-app.ts'
import { type CallRecord, callChannel } from '../module/port-call.ts'
import { type SecondProcess, secondKey, startSecondProcess } from './second-process.fixture.ts'
import { app } from './shop.fixture.ts'

let second: SecondProcess
let here: Awaited<ReturnType<typeof app.start>>
let billing: typeof here.ports.billing
let local: typeof here
let localBilling: typeof here.ports.billing

beforeAll(async () => {
  second = await startSecondProcess()
  here = await app.start({ env: { MODULE_KEYS: secondKey }, port: 0, profile: 'test', place: { billing: second.url } })
  billing = here.ports.billing
  local = await app.start({ env: {}, port: 0, profile: 'test' })
  localBilling = local.ports.billing
})

afterAll(async () => {
  await (here as RunningApp | undefined)?.stop()
  await (local as RunningApp | undefined)?.stop()
  await second?.kill()
})

async function errorOf(work: Promise<unknown>): Promise<FootingError> {
  const error: unknown = await work.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
  if (!isFootingError(error)) throw new Error(`expected a coded error, got ${String(error)}`)
  return error
}

describe('a call', () => {
  test('answers as it does in one process', async () => {
    for (const port of [billing, localBilling]) {
      expect(await port.quote({ amount: 21 })).toEqual({ total: 42 })
      expect(await port.rename('  x ')).toBe('X')
      expect(await port.rename('  ')).toBeUndefined()
      expect(await port.echo('grüße \u2028 " \\u00e4')).toBe('grüße \u2028 " \\u00e4')
    }
  })

  test('fails with the same coded error: code, status, details, issues, whether trying again helps', async () => {
    for (const who of ['poor', 'bug']) {
      const [there, in_] = [await errorOf(billing.charge({ who })), await errorOf(localBilling.charge({ who }))]
      expect(there.toJSON()).toEqual(in_.toJSON())
      expect(JSON.stringify(there)).not.toContain('4711')
    }
    // Wrong on purpose, past the types.
    const wrong = { amount: 'much', note: 7 } as never
    expect((await errorOf(billing.quote(wrong))).toJSON()).toEqual((await errorOf(localBilling.quote(wrong))).toJSON())
  })

  test('carries request, trace, user and the time that is left', async () => {
    const headers = {
      authorization: 'Bearer jo',
      'x-request-id': 'request-one-two',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    }
    const answer = await fetch(`${here.url}/v1/who`, { headers })
    const { remainingMs, user, ...ids } = (await answer.json()) as Record<string, unknown>
    expect(ids).toEqual({ requestId: 'request-one-two', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' })
    expect(JSON.parse(String(user))).toEqual({ id: 'jo', roles: ['buyer'], claims: { city: 'Köln' } })
    expect(remainingMs).toBeLessThanOrEqual(5000)
    const { remainingMs: shorter } = await billing.whoAmI(undefined, { deadline: '300ms' })
    expect(shorter).toBeLessThanOrEqual(300)
  })

  test('is published and counted where it is made', async () => {
    const records: CallRecord[] = []
    const note = (message: unknown) => records.push(message as CallRecord) // what the channel carries
    subscribe(callChannel.name, note)
    await billing.quote({ amount: 1 })
    unsubscribe(callChannel.name, note)
    expect(records).toMatchObject([{ module: 'billing', operation: 'quote', code: undefined }])
    expect(here.operations().find(({ operation }) => operation === 'quote')?.calls).toBeGreaterThan(0)
  })

  test('passes its deadline on, and the other side stops', async () => {
    const before = await billing.counts()
    const error = await errorOf(billing.wait({ ms: 4000 }, { deadline: '80ms' }))
    expect([error.code, error.details.operation]).toEqual(['deadline-exceeded', 'billing.wait'])
    await expect.poll(() => cancelled()).toBe((before.waitCancelled ?? 0) + 1)
    expect((await billing.counts()).wait).toBe((before.wait ?? 0) + 1)
  })

  test('that is withdrawn stops the other side too: by a signal, and by a client that hangs up', async () => {
    const before = await cancelled()
    const controller = new AbortController()
    const withdrawn = errorOf(billing.wait({ ms: 4000 }, { signal: controller.signal }))
    await expect.poll(async () => (await billing.counts()).wait).toBeGreaterThan(0)
    const started = (await billing.counts()).wait ?? 0
    controller.abort()
    expect((await withdrawn).code).toBe('cancelled')

    const client = request(`${here.url}/v1/wait?ms=4000`)
    client.on('error', () => undefined)
    client.end()
    await expect.poll(async () => (await billing.counts()).wait).toBe(started + 1)
    client.destroy()
    await expect.poll(() => cancelled()).toBe(before + 2)
  })

  test('too large to be sent is refused before it leaves', async () => {
    const error = await errorOf(billing.echo('x'.repeat(8 * 1024 * 1024 + 1)))
    expect([error.code, error.status]).toEqual(['message-too-large', 413])
    expect((await billing.echo('x'.repeat(4 * 1024 * 1024))).length).toBe(4 * 1024 * 1024)
  })

  test('many at once keep their answers apart', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, (_, amount) => billing.quote({ amount })))
    expect(answers.map(({ total }) => total)).toEqual(Array.from({ length: 300 }, (_, amount) => amount * 2))
  })

  const cancelled = async () => (await billing.counts()).waitCancelled ?? 0
})

describe('the port as an HTTP API', () => {
  test('is described with its schemas', async () => {
    const document = (await (await fetch(`${second.url}/modules/openapi.json`)).json()) as Record<string, never>
    expect(Object.keys(document.paths ?? {})).toContain('/billing/quote')
    expect(JSON.stringify(document)).toContain('What it costs')
    expect((await fetch(`${second.url}/modules/docs`)).status).toBe(200)
  })

  test('has the port of the module only, and none of the routes of the application', async () => {
    expect((await fetch(`${second.url}/v1/who`)).status).toBe(404)
    expect((await fetch(`${second.url}/modules/shop/anything`, { method: 'POST' })).status).toBe(404)
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200)
  })

  test('tells strangers nothing but that they are strangers', async () => {
    const answer = await fetch(`${second.url}/modules/billing/quote`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({ code: 'call-unsigned', status: 401 })
  })
})
