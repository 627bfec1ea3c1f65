// The door under pressure: passwords cannot be guessed without end, and a flood of logins is answered, early and by its code.
import { createApp, defineModule, implement } from '@footing/core'
import { startTestApp, type TestApp } from '@footing/core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { app } from '../app.ts'
import { signInLimits, takeSignIn } from '../identity/sign-in-limit.ts'
import { testSecret } from './running-conduit.ts'

let running: TestApp<typeof app.options.modules>
const password = 'correct horse battery'
beforeEach(async () => {
  running = await startTestApp(app, { env: { TOKEN_SECRET: testSecret } })
  for (const username of ['ada', 'bob']) {
    await running.app.ports.identity.register({ username, email: `${username}@example.com`, password })
  }
})
afterEach(() => running?.stop())

async function logIn(email: string, tried: string) {
  const answer = await fetch(`${running.url}/api/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: { email, password: tried } }),
  })
  const body = (await answer.json()) as { readonly code?: string }
  return { status: answer.status, code: body.code, retryAfter: Number(answer.headers.get('retry-after')) }
}

test('guessing: five times, then 429 with the time to wait; the right password waits as well, others do not', async () => {
  const answers = []
  for (let guess = 0; guess < 8; guess += 1) answers.push(await logIn('Ada@example.com', `guess ${guess}`))
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 429])
  expect(answers[5]).toMatchObject({ code: 'sign-in-limited' })
  expect(answers[5]?.retryAfter).toBeGreaterThanOrEqual(25)
  expect((await logIn('ada@example.com', password)).status).toBe(429)
  // An address that nobody has is limited in the same way: the answer tells nothing.
  const nobody = []
  for (let guess = 0; guess < 6; guess += 1) nobody.push((await logIn('nobody@example.com', 'x')).status)
  expect(nobody).toEqual([401, 401, 401, 401, 401, 429])
  // Right passwords cost nothing, however often.
  for (let time = 0; time < 7; time += 1) expect((await logIn('bob@example.com', password)).status).toBe(200)
})

test('a flood of logins: everybody is answered before the deadline, most of them early with 503 and Retry-After', async () => {
  const started = performance.now()
  const flood = await Promise.all(Array.from({ length: 200 }, () => logIn('bob@example.com', password)))
  const took = performance.now() - started
  const statuses = new Set(flood.map(({ status }) => status))
  expect([...statuses].filter((status) => ![200, 429, 503].includes(status))).toEqual([])
  expect(flood.some(({ status }) => status === 200)).toBe(true)
  for (const { status, code, retryAfter } of flood) {
    if (status === 200) continue
    expect(retryAfter).toBeGreaterThan(0)
    expect(code).toBe(status === 429 ? 'sign-in-limited' : 'work-refused')
  }
  expect(took).toBeLessThan(20_000)
  // And then the door is open again at once.
  await expect.poll(async () => (await logIn('ada@example.com', password)).status, { timeout: 5_000 }).toBe(200)
}, 60_000)

test('hung up callers leave nothing behind that others wait for', async () => {
  const gone = new AbortController()
  const calls = Array.from({ length: 40 }, () =>
    fetch(`${running.url}/api/users`, {
      method: 'POST',
      signal: gone.signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user: { username: `u${Math.random()}`, email: 'x@example.com', password } }),
    }).catch(() => undefined),
  )
  gone.abort()
  await Promise.all(calls)
  const started = performance.now()
  expect((await logIn('bob@example.com', password)).status).toBe(200)
  expect(performance.now() - started).toBeLessThan(8_000)
}, 60_000)

test('one account from everywhere, and one address for many accounts', async () => {
  const taking: { limits?: Parameters<typeof takeSignIn>[0] } = {}
  const door = defineModule('door', { owner: '@a', uses: [signInLimits] })
  const opened = implement(door, ({ limits }) => {
    taking.limits = limits
    return {}
  })
  const doors = await startTestApp(createApp({ name: 'doors', modules: [opened] }), { place: null })
  const attempts = async (count: number, attempt: (n: number) => { email: string; address: string }) => {
    let taken = 0
    for (let n = 0; n < count; n += 1) {
      await takeSignIn(taking.limits as Parameters<typeof takeSignIn>[0], attempt(n)).then(
        () => (taken += 1),
        (error: unknown) => expect(error).toMatchObject({ code: 'sign-in-limited' }),
      )
    }
    return taken
  }
  try {
    // A few more become free when this takes long.
    const victim = await attempts(80, (n) => ({ email: 'victim@example.com', address: `10.0.0.${n}` }))
    expect([50, 51, 52]).toContain(victim)
    const network = await attempts(70, (n) => ({ email: `u${n}@example.com`, address: `2001:db8:1:2::${n}` }))
    expect([50, 51, 52, 53, 54]).toContain(network)
    // What one limit refuses takes nothing from the others.
    expect(await attempts(5, () => ({ email: 'late@example.com', address: '10.0.0.1' }))).toBe(5)
  } finally {
    await doors.stop()
  }
})
