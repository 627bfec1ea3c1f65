// Breaker, retry budget, pauses and the memory of nonces: small machines on an owned clock.
import { manualClock } from '@footing/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CircuitBreaker, type Outcome } from './circuit-breaker.ts'
import { developmentKeys, parseModuleKeys } from './module-keys.ts'
import { NonceMemory } from './nonce-memory.ts'
import { mostAttempts, pauseBefore, RetryBudget } from './retry-budget.ts'
import { decodeUser, encodeUser } from './wire.ts'

describe('the breaker', () => {
  const many = (breaker: CircuitBreaker, outcomes: readonly Outcome[]) => {
    for (const outcome of outcomes) breaker.enter()?.(outcome)
  }

  test('stays closed while at least half of the calls are answered, and for calls that were given up', () => {
    const breaker = new CircuitBreaker(manualClock(), () => 0)
    for (let round = 0; round < 20; round++) many(breaker, ['answered', 'answered', 'failed'])
    expect(breaker.state).toBe('closed')
    many(breaker, Array<Outcome>(50).fill('unknown'))
    expect(breaker.state).toBe('closed')
  })

  test('opens, lets one call try, and stays open longer each time that it fails', async () => {
    const clock = manualClock()
    const breaker = new CircuitBreaker(clock, () => 1)
    many(breaker, Array<Outcome>(5).fill('failed'))
    const pauses: number[] = []
    for (let round = 0; round < 8; round++) {
      expect([breaker.state, breaker.enter()]).toEqual(['open', undefined])
      pauses.push(breaker.pausedMs)
      await clock.advance(breaker.pausedMs)
      expect(breaker.state).toBe('half-open')
      const probe = breaker.enter()
      expect(breaker.enter()).toBeUndefined()
      // A probe that was given up decides nothing; the next one does.
      probe?.('unknown')
      breaker.enter()?.('failed')
    }
    expect(pauses).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
    await clock.advance(15_000)
    breaker.enter()?.('answered')
    expect(breaker.state).toBe('closed')
  })

  test('a call that began before it opened neither closes nor reopens it', async () => {
    const clock = manualClock()
    const breaker = new CircuitBreaker(clock, () => 1)
    const early = breaker.enter()
    many(breaker, Array<Outcome>(5).fill('failed'))
    early?.('answered')
    early?.('failed')
    expect(breaker.state).toBe('open')
  })
})

test('retries are a tenth of the calls in the long run, whatever their order', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (retries) => {
      const budget = new RetryBudget()
      let spent = 0
      for (const retry of retries) {
        budget.earn()
        if (retry && budget.spend()) spent++
      }
      expect(spent).toBeLessThanOrEqual(10 + retries.length / 10)
    }),
  )
  const budget = new RetryBudget()
  let allowed = 0
  for (let call = 0; call < 1000; call++) {
    budget.earn()
    if (budget.spend()) allowed++
  }
  expect(allowed).toBeGreaterThanOrEqual(109)
})

test('the first repetition comes at once, later ones at random moments below a limit that doubles', () => {
  expect(pauseBefore(2, () => 0.99)).toBe(0)
  for (let attempt = 3; attempt <= 12; attempt++) {
    expect(pauseBefore(attempt, () => 0)).toBe(0)
    expect(pauseBefore(attempt, () => 0.999)).toBeLessThanOrEqual(400)
  }
  expect(pauseBefore(3, () => 0.5)).toBe(25)
  expect(mostAttempts).toBe(3)
})

test('a nonce is known for at least one turn; after two its time tells that it was forgotten', async () => {
  const clock = manualClock()
  const nonces = new NonceMemory(clock, 1000)
  const a = clock.now()
  expect([nonces.take('a', a), nonces.take('a', a)]).toEqual(['new', 'taken'])
  await clock.advance(1000)
  const b = clock.now()
  expect([nonces.take('a', a), nonces.take('b', b)]).toEqual(['taken', 'new'])
  await clock.advance(1000)
  expect([nonces.take('a', a), nonces.take('b', b)]).toEqual(['forgotten', 'taken'])
  await clock.advance(10_000)
  expect([nonces.take('b', b), nonces.take('c', b), nonces.size]).toEqual(['forgotten', 'forgotten', 0])
  expect(nonces.take('c', clock.now())).toBe('new')
})

test('neither a restart nor a clock that is set back makes a recorded call new', async () => {
  const clock = manualClock()
  const signed = clock.now()
  await clock.advance(5_800)
  const restarted = new NonceMemory(clock, 1000)
  expect(restarted.take('recorded', signed)).toBe('forgotten')
  expect(restarted.take('fresh', clock.now())).toBe('new')
  // Two turns later the wall clock steps back, so that signatures of before are in time again; the monotonic one goes on.
  let back = 0
  const stepping = { ...clock, now: () => clock.now() - back, monotonic: () => clock.monotonic() }
  const memory = new NonceMemory(stepping, 1000)
  const time = stepping.now()
  expect(memory.take('recorded', time)).toBe('new')
  await clock.advance(2_000)
  expect(memory.take('later', stepping.now())).toBe('new')
  back = 2_000
  expect(memory.take('recorded', time)).toBe('forgotten')
  expect(memory.take('signed by the new time', stepping.now())).toBe('forgotten')
  await clock.advance(1_000)
  expect(memory.take('signed when it has come again', stepping.now())).toBe('new')
})

describe('keys', () => {
  const secret = 's'.repeat(32)
  test('are read in order, and printed nowhere', () => {
    const keys = parseModuleKeys(` new:${secret}n , old:${secret}o `)
    expect([keys?.signing.id, keys?.find('old')?.id, keys?.find('other')]).toEqual(['new', 'old', undefined])
    expect(`${JSON.stringify(keys)} ${String(keys)}`).not.toContain('sss')
    expect(developmentKeys().development).toBe(true)
  })

  test.each(['', 'x', `x:${'s'.repeat(31)}`, `a:${secret},a:${secret}`, `a b:${secret}`, `:${secret}`, `a:${secret},`])(
    'refuses %j',
    (text) => {
      expect(parseModuleKeys(text)).toBeUndefined()
    },
  )
})

test('a user comes back as it went, and anything else is none', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (id, roles) => {
      expect(decodeUser(encodeUser({ id, roles }))).toEqual({ id, roles })
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => void decodeUser(text)))
  for (const wrong of ['null', '7', '[]', '{}', '{"id":7}']) {
    expect(decodeUser(Buffer.from(wrong).toString('base64url'))).toBeUndefined()
  }
})
