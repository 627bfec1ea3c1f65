// Everything that goes wrong between two processes: each ends in a coded error before the deadline, and nothing that
// must not happen twice happens twice.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { type FootingError, isFootingError, manualClock } from '@footing/kernel'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ModuleNetwork } from '../module/module-network.ts'
import { openChaosProxy } from '../testing/chaos-proxy.ts'
import { DeadlineWheel } from '../work/deadline-wheel.ts'
import type { Profile } from '../work/profile.ts'
import { developmentKeys, parseModuleKeys } from './module-keys.ts'
import { RemoteModule } from './remote-module.ts'
import { type SecondProcess, startSecondProcess } from './second-process.fixture.ts'
import { app, billing } from './shop.fixture.ts'
import { signCall } from './signature.ts'
import { largestMessage } from './wire.ts'

const keyOne = `one:${'1'.repeat(40)}`
const keyTwo = `two:${'2'.repeat(40)}`

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function caller(url: string, env: Readonly<Record<string, string>> = {}, profile: Profile = 'test') {
  const here = await app.start({
    env: { MODULE_KEYS: keyOne, DRAIN_DELAY_MS: '0', ...env },
    port: 0,
    profile,
    place: { billing: url },
  })
  closers.push(() => here.stop())
  return here.ports.billing
}

async function errorOf(work: Promise<unknown>): Promise<FootingError> {
  const error: unknown = await work.then(
    (value) => `the value ${JSON.stringify(value)}`,
    (reason: unknown) => reason,
  )
  if (!isFootingError(error)) throw new Error(`expected a coded error, got ${String(error)}`)
  return error
}

/** A server that pretends to be billing. */
async function pretender(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const requests: IncomingMessage[] = []
  const server: Server = createServer((request, response) => {
    requests.push(request)
    request.resume().on('end', () => answer(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  // Listens on TCP, so its address is an object.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

/** What a real module says about its version: whatever the caller expects. */
const version = (request: IncomingMessage) => ({ 'footing-schema': String(request.headers['footing-schema']) })

describe('answers that are none', () => {
  const garbage: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
    'a page of a proxy': (_q, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>'),
    'an empty success of somebody else': (_q, r) => r.writeHead(204).end(),
    'JSON of somebody else': (_q, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('{"total":1}'),
    'text that claims to be JSON': (q, r) =>
      r.writeHead(200, { ...version(q), 'content-type': 'application/json' }).end('{"total":'),
    'another type of content': (q, r) =>
      r.writeHead(200, { ...version(q), 'content-type': 'text/plain' }).end('{"total":1}'),
    'the wrong shape': (q, r) =>
      r.writeHead(200, { ...version(q), 'content-type': 'application/json' }).end('{"total":"1"}'),
    null: (q, r) => r.writeHead(200, { ...version(q), 'content-type': 'application/json' }).end('null'),
    'nothing where a value is due': (q, r) => r.writeHead(204, version(q)).end(),
    'a poisoned object': (q, r) =>
      r.writeHead(200, { ...version(q), 'content-type': 'application/json' }).end('{"__proto__":{"total":1}}'),
    'a disguised poisoned object': (q, r) =>
      r.writeHead(200, { ...version(q), 'content-type': 'application/json' }).end('{"\\u005f_proto__":{"total":1}}'),
    'an error without a code': (q, r) =>
      r.writeHead(500, { ...version(q), 'content-type': 'application/json' }).end('{"message":"oops"}'),
    'a hostile error': (q, r) =>
      r.writeHead(400, { ...version(q), 'content-type': 'application/problem+json' }).end('{"error":{"code":7}}'),
    'a redirect': (_q, r) => r.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
    'an announced flood': (q, r) =>
      r
        .writeHead(200, {
          ...version(q),
          'content-type': 'application/json',
          'content-length': String(largestMessage + 1),
        })
        .end('['),
    'a flood': (q, r) => {
      r.writeHead(200, { ...version(q), 'content-type': 'application/json' })
      const block = 'x'.repeat(1024 * 1024)
      for (let sent = 0; sent < 10; sent++) r.write(block)
      r.end()
    },
    'a version that was not agreed on': (_q, r) =>
      r.writeHead(200, { 'footing-schema': 'f'.repeat(24), 'content-type': 'application/json' }).end('{"total":1}'),
  }

  test.each(Object.entries(garbage))('%s becomes one coded error, and is not asked again', async (_name, answer) => {
    const { url, requests } = await pretender(answer)
    const billing = await caller(url)
    const error = await errorOf(billing.quote({ amount: 1 }))
    expect([error.code, error.status, error.details.operation]).toEqual(['answer-unusable', 502, 'billing.quote'])
    expect(requests).toHaveLength(1)
  })

  test('bytes that are no HTTP', async () => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.end('220 mail.example.com ESMTP\r\n', () => socket.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => server.close(resolve)))
    const billing = await caller(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect((await errorOf(billing.charge({ who: 'jo' }))).code).toBe('call-interrupted')
    expect((await errorOf(billing.quote({ amount: 1 }))).code).toBe('module-unreachable')
  })

  test.each([
    ['lists in lists', '['.repeat(4_000_000)],
    ['objects side by side', `[${'{},'.repeat(1_000_000)}{}]`],
    ['lists in lists, with a name that is looked at', `{"__proto__":${'['.repeat(4_000_000)}`],
  ])('%s, four million: refused without holding up the caller', async (_name, body) => {
    const { url } = await pretender((q, r) => {
      r.writeHead(200, { ...version(q), 'content-type': 'application/json' }).end(body)
    })
    const billing = await caller(url)
    let longest = 0
    let last = performance.now()
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last)
      last = performance.now()
    }, 5)
    const error = await errorOf(billing.echo('x'))
    clearInterval(beat)
    expect(error.code).toBe('answer-unusable')
    expect(error.details.reason).toMatch(/nested deeper|more than 200000/)
    expect(longest).toBeLessThan(1000)
  })

  test('half an answer: repeated when that is harmless, said when it is not', async () => {
    const { url, requests } = await pretender((q, r) => {
      r.writeHead(200, { ...version(q), 'content-type': 'application/json', 'content-length': '100' })
      r.write('{"receipt":')
      setImmediate(() => r.destroy())
    })
    const billing = await caller(url)
    const charge = await errorOf(billing.charge({ who: 'jo' }))
    expect([charge.code, charge.retryable]).toEqual(['call-interrupted', false])
    expect(requests).toHaveLength(1)
    const quote = await errorOf(billing.quote({ amount: 1 }))
    expect([quote.code, quote.retryable]).toEqual(['module-unreachable', true])
    expect(requests).toHaveLength(1 + 3)
  })

  test('a balancer without anybody behind it', async () => {
    const { url, requests } = await pretender((_q, r) => r.writeHead(503).end('no server'))
    const billing = await caller(url)
    expect((await errorOf(billing.charge({ who: 'jo' }))).code).toBe('call-interrupted')
    expect(requests).toHaveLength(1)
    expect((await errorOf(billing.quote({ amount: 1 }))).code).toBe('module-unreachable')
    expect(requests).toHaveLength(4)
  })
})

describe('nobody there', () => {
  test.each([
    ['a refused connection', 'http://127.0.0.1:9', 'the connection was refused'],
    ['a name that is not known', 'http://nobody.invalid', /name/],
  ])('%s is told at once, for every kind of operation', async (_name, url, reason) => {
    const billing = await caller(url)
    for (const work of [billing.charge({ who: 'jo' }), billing.quote({ amount: 1 })]) {
      const error = await errorOf(work)
      expect([error.code, error.status]).toEqual(['module-unreachable', 503])
      expect(error.details.reason).toMatch(reason)
    }
  })

  test('repetitions end with the deadline, also while they wait for their turn', async () => {
    const { url, requests } = await pretender((_q, r) => r.destroy())
    const clock = manualClock(1_700_000_000_000)
    const network = new ModuleNetwork([billing], { clock, wheel: new DeadlineWheel(clock), checked: false })
    const remote = new RemoteModule('billing', new URL(url), {
      clock,
      keys: developmentKeys(),
      random: () => 1,
      disturbance: undefined,
    })
    closers.push(() => remote.close())
    network.place('billing', (target) => remote.answerOf(target))
    const quote = network.portsFor('shop', [billing]).billing?.quote
    if (quote === undefined) throw new Error('the fixture has the operation quote')

    // The third time would come after 50 ms.
    expect((await errorOf(quote({ amount: 1 }, { deadline: '30ms' }))).code).toBe('module-unreachable')
    expect(requests).toHaveLength(2)
    const patient = errorOf(quote({ amount: 1 }, { deadline: '1s' }))
    // One timer watches deadlines, the other is the pause.
    await expect.poll(() => [requests.length, clock.pending]).toEqual([4, 2])
    await clock.advance(50)
    expect((await patient).code).toMatch(/^module-(unreachable|paused)$/)
    expect(requests).toHaveLength(5)
  })

  test('a server without the certificate that the address promises', async () => {
    const { url } = await pretender((_q, r) => r.end())
    const billing = await caller(url.replace('http:', 'https:'))
    const error = await errorOf(billing.charge({ who: 'jo' }))
    expect(error.code).toBe('module-unreachable')
    expect(error.details.reason).toMatch(/^its certificate is not accepted/)
  })

  test('after some failures calls are paused; one at a time finds out when it is back', async () => {
    let broken = true
    const { url, requests } = await pretender((q, r) => {
      if (broken) r.destroy()
      else r.writeHead(200, { ...version(q), 'content-type': 'application/json' }).end('{"receipt":1}')
    })
    const clock = manualClock(1_700_000_000_000)
    const here = await app.start({
      env: { MODULE_KEYS: keyOne },
      port: 0,
      profile: 'test',
      clock,
      place: { billing: url },
    })
    closers.push(async () => {
      const stopped = here.stop()
      await clock.advance(1000)
      await stopped
    })
    const { billing } = here.ports
    for (let each = 0; each < 5; each++) await errorOf(billing.charge({ who: 'jo' }))
    const paused = await errorOf(billing.charge({ who: 'jo' }))
    expect([paused.code, paused.retryable, requests.length]).toEqual(['module-paused', true, 5])
    await clock.advance(500)
    const [probe, other] = await Promise.all([
      errorOf(billing.charge({ who: 'jo' })),
      errorOf(billing.charge({ who: 'jo' })),
    ])
    expect([probe.code, other.code, requests.length]).toEqual(['call-interrupted', 'module-paused', 6])
    broken = false
    await clock.advance(1000)
    expect(await billing.charge({ who: 'jo' })).toEqual({ receipt: 1 })
    expect(await billing.charge({ who: 'jo' })).toEqual({ receipt: 1 })
  })
})

describe('a real second process', () => {
  let second: SecondProcess
  beforeAll(async () => {
    second = await startSecondProcess({ MODULE_KEYS: `${keyOne},${keyTwo}` })
  })
  afterAll(() => second?.kill())

  test('connections that break: idempotent operations are repeated, others are done once at most', async () => {
    const proxy = await openChaosProxy(second.url)
    closers.push(() => proxy.close())
    const billing = await caller(proxy.url)
    const direct = await caller(second.url)
    const before = await direct.counts()
    proxy.freeze(true)
    const charges = Promise.all(Array.from({ length: 20 }, () => errorOf(billing.charge({ who: 'jo' }))))
    await expect.poll(async () => ((await direct.counts()).charge ?? 0) - (before.charge ?? 0)).toBe(20)
    proxy.cut()
    proxy.freeze(false)
    expect(new Set((await charges).map(({ code }) => code))).toEqual(new Set(['call-interrupted']))
    expect((await direct.counts()).charge).toBe((before.charge ?? 0) + 20)
  })

  test('one broken connection costs an idempotent operation a moment and nothing else', async () => {
    const proxy = await openChaosProxy(second.url)
    closers.push(() => proxy.close())
    const billing = await caller(proxy.url)
    const direct = await caller(second.url)
    const before = (await direct.counts()).quote ?? 0
    proxy.freeze(true)
    const quote = billing.quote({ amount: 4 })
    await expect.poll(async () => (await direct.counts()).quote).toBe(before + 1)
    proxy.freeze(false)
    proxy.cut()
    expect(await quote).toEqual({ total: 8 })
    expect((await direct.counts()).quote).toBe(before + 2)
  })

  test('killed during calls: every call ends with a code before its deadline', async () => {
    const victim = await startSecondProcess({ MODULE_KEYS: keyOne })
    const billing = await caller(victim.url)
    await billing.quote({ amount: 1 })
    const waiting = Array.from({ length: 10 }, () => errorOf(billing.wait({ ms: 5000 }, { deadline: '4s' })))
    await expect.poll(async () => (await billing.counts()).wait).toBe(10)
    const killed = performance.now()
    await victim.kill()
    const codes = (await Promise.all(waiting)).map(({ code }) => code)
    expect(performance.now() - killed).toBeLessThan(4000)
    for (const code of codes) expect(['module-unreachable', 'module-paused']).toContain(code)
    const after = await errorOf(billing.charge({ who: 'jo' }))
    expect(['module-unreachable', 'module-paused']).toContain(after.code)
  })

  test('slow: the deadline of the caller holds, and it is not asked again', async () => {
    const direct = await caller(second.url)
    const before = (await direct.counts()).wait ?? 0
    const error = await errorOf(direct.wait({ ms: 3000 }, { deadline: '60ms' }))
    expect(error.code).toBe('deadline-exceeded')
    await expect.poll(async () => (await direct.counts()).wait).toBe(before + 1)
  })

  test('keys: the first one signs, every one is recognised, another one is refused and named nowhere', async () => {
    expect(await (await caller(second.url, { MODULE_KEYS: keyTwo })).quote({ amount: 1 })).toEqual({ total: 2 })
    expect(await (await caller(second.url, { MODULE_KEYS: `${keyTwo},${keyOne}` })).quote({ amount: 1 })).toEqual({
      total: 2,
    })
    const wrong = [`one:${'9'.repeat(40)}`, `three:${'1'.repeat(40)}`]
    for (const MODULE_KEYS of wrong) {
      const error = await errorOf((await caller(second.url, { MODULE_KEYS })).quote({ amount: 1 }))
      expect([error.code, error.status]).toEqual(['call-refused', 502])
      expect(`${error.message} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`).not.toMatch(/1{10}|9{10}/)
    }
    const development = await app.start({ env: {}, port: 0, profile: 'test', place: { billing: second.url } })
    closers.push(() => development.stop())
    expect((await errorOf(development.ports.billing.quote({ amount: 1 }))).code).toBe('call-refused')
  })

  test('clocks that are apart', async () => {
    for (const away of [-31_000, 31_000]) {
      const clock = manualClock(Date.now() + away)
      const here = await app.start({
        env: { MODULE_KEYS: keyOne },
        port: 0,
        profile: 'test',
        clock,
        place: { billing: second.url },
      })
      closers.push(async () => {
        const stopped = here.stop()
        await clock.advance(1000)
        await stopped
      })
      const error = await errorOf(here.ports.billing.quote({ amount: 1 }))
      expect(error.code).toBe('call-refused')
      expect(error.details.reason).toMatch(/signed -?3[01] s away/)
    }
  })

  describe('signed by hand', () => {
    const keys = parseModuleKeys(keyOne)
    const schemaOf = async () => {
      const answer = await fetch(`${second.url}/modules/billing/quote`, { method: 'POST' })
      return String(answer.headers.get('footing-schema'))
    }
    const send = (headers: Record<string, string>, body: string, path = '/modules/billing/quote') =>
      fetch(second.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
    const sign = (headers: Record<string, string>, body: string) => {
      if (keys === undefined) throw new Error('the key of this test is malformed')
      const now = { now: () => Date.now() } as never // only the time is asked for
      return signCall({ method: 'POST', path: '/modules/billing/quote', headers, body }, keys, now)
    }
    const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code?: string }).code]

    test('a recorded call is worth nothing later, nor for anything else', async () => {
      const headers: Record<string, string> = { 'footing-schema': await schemaOf(), 'footing-user': 'eyJpZCI6ImpvIn0' }
      const body = '{"amount":2}'
      headers.authorization = sign(headers, body)
      const first = await send(headers, body)
      expect([first.status, await first.json()]).toEqual([200, { total: 4 }])
      expect(await codeOf(await send(headers, body))).toEqual([409, 'call-replayed'])
      expect(await codeOf(await send(headers, '{"amount":3}'))).toEqual([401, 'call-unsigned'])
      expect(await codeOf(await send({ ...headers, 'footing-user': 'eyJpZCI6ImFkbWluIn0' }, body))).toEqual([
        401,
        'call-unsigned',
      ])
      expect(await codeOf(await send({ ...headers, 'footing-deadline-ms': '9' }, body))).toEqual([401, 'call-unsigned'])
      expect(await codeOf(await send(headers, body, '/modules/billing/charge'))).toEqual([401, 'call-unsigned'])
    })

    test('a recorded call is worth nothing after a restart either, and says why', async () => {
      const first = await startSecondProcess({ MODULE_KEYS: keyOne })
      const headers: Record<string, string> = { 'footing-schema': await schemaOf() }
      const body = '{"amount":2}'
      headers.authorization = sign(headers, body)
      const request = {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
      }
      expect((await fetch(`${first.url}/modules/billing/quote`, request)).status).toBe(200)
      await first.kill()
      const again = await startSecondProcess({ MODULE_KEYS: keyOne, PORT: String(first.port) })
      closers.push(() => again.kill())
      expect(await codeOf(await fetch(`${again.url}/modules/billing/quote`, request))).toEqual([
        503,
        'call-unremembered',
      ])
      expect(await (await caller(again.url)).quote({ amount: 2 })).toEqual({ total: 4 })
    })

    test('brackets without end are not read', async () => {
      const headers: Record<string, string> = { 'footing-schema': await schemaOf() }
      const body = `{"amount":${'['.repeat(1_000_000)}`
      expect(await codeOf(await send({ ...headers, authorization: sign(headers, body) }, body))).toEqual([
        400,
        'message-too-nested',
      ])
    })

    test.each([
      '',
      'Bearer x',
      'Footing-HMAC-SHA256',
      `Footing-HMAC-SHA256 key=one, time=1, nonce=${'0'.repeat(32)}, signature=${'A'.repeat(43)}`,
      'x'.repeat(4000),
    ])('the header %j is refused', async (authorization) => {
      expect(await codeOf(await send({ authorization }, '{}'))).toEqual([401, 'call-unsigned'])
    })

    test('what is signed is still checked', async () => {
      const headers: Record<string, string> = { 'footing-schema': await schemaOf() }
      for (const body of ['{"amount":', '{"__proto__":{}}', '', 'null', '[]']) {
        const { status } = await send({ ...headers, authorization: sign(headers, body) }, body)
        expect([400, 200]).toContain(status)
        expect(status).toBe(400)
      }
    })
  })
})

describe('other versions', () => {
  test.each(['newer', 'now'])(
    'a module that is %s answers, after one question about its schema',
    async (SHOP_VERSION) => {
      const second = await startSecondProcess({ MODULE_KEYS: keyOne, SHOP_VERSION })
      closers.push(() => second.kill())
      const billing = await caller(second.url)
      for (let each = 0; each < 3; each++) expect(await billing.quote({ amount: 2, note: 'x' })).toEqual({ total: 4 })
      expect((await billing.counts()).quote).toBe(3)
      // The other operations are the same, so nothing is asked about them.
      expect(await billing.charge({ who: 'jo' })).toEqual({ receipt: 1 })
    },
  )

  test('a module whose schema does not fit refuses before anything is done, and says where', async () => {
    const second = await startSecondProcess({ MODULE_KEYS: keyOne, SHOP_VERSION: 'apart' })
    closers.push(() => second.kill())
    const billing = await caller(second.url)
    for (let each = 0; each < 2; each++) {
      const error = await errorOf(billing.quote({ amount: 2 }))
      expect([error.code, error.status]).toEqual(['versions-apart', 502])
      expect(error.details.difference).toBe('in its input, /currency is required by one side and optional to the other')
    }
    expect((await billing.counts()).quote).toBeUndefined()
    expect(await billing.charge({ who: 'jo' })).toEqual({ receipt: 1 })
  })

  test('a caller that is newer than the module', async () => {
    const second = await startSecondProcess({ MODULE_KEYS: keyOne })
    closers.push(() => second.kill())
    const newer = await startSecondProcess({
      MODULE_KEYS: keyOne,
      SHOP_VERSION: 'newer',
      SERVE_MODULES: '',
      PLACE_BILLING: second.url,
    })
    closers.push(() => newer.kill())
    const answer = await fetch(`${newer.url}/v1/quote?amount=4`)
    expect([answer.status, await answer.json()]).toEqual([200, { total: 8 }])
  })

  test.each([
    ['nothing', undefined],
    ['a schema that refers to itself', { hash: 'a'.repeat(24), in: { $ref: '#' }, out: { $ref: '#' } }],
    [
      'a schema full of nonsense',
      { hash: 'b'.repeat(24), in: { type: 7, properties: [1], anyOf: [null] }, out: { $ref: '#/%' } },
    ],
    ['the version that it refuses', undefined],
  ])('a module that says %s about its version', async (name, schema) => {
    const { url, requests } = await pretender((q, r) => {
      const own = String(q.headers['footing-schema']).split(',')[0]
      const told = name === 'the version that it refuses' ? { hash: own, in: {}, out: {} } : schema
      const error = { code: 'call-schema-unknown', status: 409, retryable: false, what: '', why: '', remedy: '' }
      r.writeHead(409, { ...version(q), 'content-type': 'application/problem+json' }).end(
        JSON.stringify({ error, schema: told }),
      )
    })
    const billing = await caller(url)
    expect((await errorOf(billing.quote({ amount: 1 }))).code).toMatch(/^(versions-apart|answer-unusable)$/)
    expect(requests.length).toBeLessThan(6)
  })
})

describe('starting', () => {
  const start = (env: Readonly<Record<string, string>>, profile: Profile = 'test') =>
    app.start({ env: { PORT: '0', HOST: '127.0.0.1', ...env }, profile }).then(async (running) => {
      await running.stop({ deadline: 0 })
      return running
    })

  test.each([
    ['a module that does not exist', { SERVE_MODULES: 'biling' }, /biling, .* billing was probably meant/],
    ['a misspelt place', { PLACE_BILLNG: 'http://localhost:1' }, /PLACE_BILLNG is set, .* PLACE_BILLING was probably/],
    ['a place in a file, misspelt', { PLACE_BILING_FILE: '/run/place' }, /PLACE_BILLING was probably meant/],
    ['the place of a module that is gone', { PLACE_WAREHOUSE: 'https://warehouse.internal' }, /no module has this/],
    ['a misspelt list of modules', { SERVE_MODULE: 'billing' }, /SERVE_MODULES was probably meant/],
    ['misspelt keys', { MODULE_KEY: keyOne }, /MODULE_KEYS was probably meant/],
    [
      'a module that is here and elsewhere',
      { SERVE_MODULES: 'billing', PLACE_BILLING: 'http://localhost:1' },
      /elsewhere/,
    ],
    ['a need that nobody has', { SERVE_MODULES: 'shop' }, /PLACE_BILLING/],
  ])('refuses %s', async (_name, env, fault) => {
    const error = await errorOf(start(env))
    expect(error.code).toBe('placement-invalid')
    expect(error.message).toMatch(fault)
  })

  test.each(['ftp://x', 'billing:8080', 'http://user:secret@x', 'http://x/?a=b'])(
    'refuses the address %s',
    async (address) => {
      expect((await errorOf(start({ PLACE_BILLING: address }))).code).toBe('settings-invalid')
    },
  )

  test('variables of other software pass', async () => {
    await start({ PLACE_OF_BIRTH: 'Köln', SERVE_STATIC_FILES: 'yes', MODULE_PATH: '/usr/lib', PLACE_: 'http://x' })
  })

  test('no secret of an address is shown', async () => {
    const error = await errorOf(start({ PLACE_BILLING: 'http://me:hunter2@host?token=hunter2' }))
    expect(JSON.stringify(error) + error.message).not.toContain('hunter2')
    expect(error.message).toContain('PLACE_BILLING')
  })

  test('production insists on keys for both sides, and nowhere shows one that is wrong', async () => {
    for (const env of [{ PLACE_BILLING: 'http://127.0.0.1:9' }, { SERVE_MODULES: 'billing' }]) {
      expect((await errorOf(start(env, 'production'))).message).toContain('MODULE_KEYS')
      const short = await errorOf(start({ ...env, MODULE_KEYS: 'one:tooshortsecret' }, 'production'))
      expect(short.code).toBe('settings-invalid')
      expect(short.message).not.toContain('tooshort')
      await start({ ...env, MODULE_KEYS: keyOne, DRAIN_DELAY_MS: '0' }, 'production')
    }
  })

  test('a module that is nowhere is refused when it is called', async () => {
    const here = await app.start({ env: {}, port: 0, profile: 'test', serve: ['billing'] })
    closers.push(() => here.stop())
    expect(here.routes).toEqual([])
    expect(await here.ports.billing.quote({ amount: 1 })).toEqual({ total: 2 })
  })
})
