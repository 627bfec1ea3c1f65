// Bounded work: never more at once than allowed, refused early rather than answered late, nothing for callers who have gone.
import { isFootingError } from '@footing/kernel'
import { afterEach, expect, test } from 'vitest'
import { createApp } from '../../app/create-app.ts'
import { defineModule } from '../../module/define-module.ts'
import { implement } from '../../module/implement.ts'
import { op } from '../../module/operation.ts'
import { limitWork } from './limit-work.ts'

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (isFootingError(error) ? error.code : String(error)),
  )

/** Work that ends when the test says so. */
function pieces() {
  const open: (() => void)[] = []
  let most = 0
  return {
    begin: () =>
      new Promise<void>((resolve) => {
        open.push(resolve)
        most = Math.max(most, open.length)
      }),
    end: () => open.shift()?.(),
    get open() {
      return open.length
    },
    get most() {
      return most
    },
  }
}

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

test('so many at once, so many wait, the rest is told at once when to come again', async () => {
  const limited = limitWork('hashing', { atOnce: 2, waiting: 3 })
  const work = pieces()
  const all = Array.from({ length: 7 }, () => codeOf(limited.run(work.begin)))
  expect(await Promise.all(all.slice(5))).toEqual(['work-refused', 'work-refused'])
  expect([work.open, limited.running, limited.waiting]).toEqual([2, 2, 3])
  const error: unknown = await limited.run(work.begin).catch((reason: unknown) => reason)
  // Two rounds of those who wait, and its own, at what one piece is assumed to take.
  expect(isFootingError(error, 'work-refused') && [error.status, error.details.retryAfterMs]).toEqual([503, 300])
  for (let piece = 0; piece < 5; piece += 1) {
    await expect.poll(() => work.open).toBeGreaterThan(0)
    work.end()
  }
  expect(await Promise.all(all.slice(0, 5))).toEqual(Array(5).fill('done'))
  expect([work.most, limited.running, limited.waiting]).toEqual([2, 0, 0])
})

test('a piece that fails gives its place back', async () => {
  const limited = limitWork('hashing', { atOnce: 1, waiting: 1 })
  for (let round = 0; round < 3; round += 1) {
    expect(await codeOf(limited.run(async () => Promise.reject(new Error('no'))))).toBe('Error: no')
  }
  expect(await limited.run(async () => 7)).toBe(7)
})

test('below a deadline: refused at once where its turn would come too late; callers who have gone are not served', async () => {
  const limited = limitWork('hashing', { atOnce: 1, waiting: 100 })
  const work = pieces()
  const manifest = defineModule('m', {
    owner: '@a',
    port: { hash: op({ deadline: '350ms' }), slow: op({ deadline: '5s' }) },
  })
  const app = createApp({
    name: 'limits',
    modules: [
      implement(manifest, () => ({
        port: { hash: () => limited.run(work.begin), slow: () => limited.run(work.begin) },
      })),
    ],
  })
  const running = await app.start({ env: {}, port: 0, profile: 'test', role: 'worker' })
  stops.push(() => running.stop({ deadline: 0 }))
  const first = codeOf(running.ports.m.slow())
  // One that waits is done in 200 ms, a second one in 300 ms, a third one would be in 400 ms.
  const waiting = [codeOf(running.ports.m.hash()), codeOf(running.ports.m.hash())]
  expect(await codeOf(running.ports.m.hash())).toBe('work-refused')
  const gone = new AbortController()
  const left = codeOf(running.ports.m.slow(undefined, { signal: gone.signal }))
  expect(limited.waiting).toBe(3)
  gone.abort(new Error('hung up'))
  await left
  expect(limited.waiting).toBe(2)
  // Their deadlines pass while they wait: they leave the line, and nothing is begun for them.
  expect(await Promise.all(waiting)).toEqual([
    expect.stringMatching(/deadline-exceeded|work-refused/),
    expect.any(String),
  ])
  expect([limited.waiting, work.open]).toEqual([0, 1])
  work.end()
  expect(await first).toBe('done')
  expect(work.most).toBe(1)
})
