// The line in front of the connections: never more inside than places, first come first served, nobody is forgotten.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Semaphore } from './semaphore.ts'

const patient = { timeoutMs: 60_000 }

describe('any order of coming, going and giving up', () => {
  test('keeps at most `size` inside and lets everybody in who does not give up, in order', async () => {
    const steps = fc.array(fc.oneof(fc.constant('enter'), fc.constant('leave'), fc.nat(20)), { maxLength: 80 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (size, sequence) => {
        const line = new Semaphore(size)
        const order: number[] = []
        const waiting: { id: number; controller: AbortController }[] = []
        let inside = 0
        let next = 0
        const settle = () => new Promise((resolve) => setImmediate(resolve))
        const leave = async () => {
          if (inside === 0) return
          inside -= 1
          line.leave()
          await settle()
        }
        for (const step of sequence) {
          if (step === 'enter') {
            const id = next
            next += 1
            const controller = new AbortController()
            const turned = line.enter({ ...patient, signal: controller.signal })
            if (turned === undefined) {
              inside += 1
              order.push(id)
            } else {
              waiting.push({ id, controller })
              void turned.then((why) => {
                waiting.splice(
                  waiting.findIndex((one) => one.id === id),
                  1,
                )
                if (why !== undefined) return
                inside += 1
                order.push(id)
              })
            }
          } else if (step === 'leave') {
            await leave()
          } else {
            waiting[step % Math.max(1, waiting.length)]?.controller.abort()
            await settle()
          }
          expect(line.inside).toBeLessThanOrEqual(size)
          expect(line.inside).toBe(inside)
          expect(line.waiting).toBe(waiting.length)
        }
        while (inside > 0) await leave()
        expect(line.inside).toBe(0)
        expect(line.waiting).toBe(0)
        expect(order).toEqual(order.toSorted((a, b) => a - b))
      }),
    )
  })
})

test('closing turns away who waits and resolves when the last one has left', async () => {
  const line = new Semaphore(1)
  expect(line.enter(patient)).toBeUndefined()
  const second = line.enter(patient)
  let closed = false
  const closing = line.close().then(() => {
    closed = true
  })
  expect(await second).toBe('closed')
  expect(await line.enter(patient)).toBe('closed')
  expect(closed).toBe(false)
  line.leave()
  await closing
})

test('who may wait no time at all is turned away, not let in', async () => {
  const line = new Semaphore(1)
  line.enter(patient)
  expect(await line.enter({ timeoutMs: -5 })).toBe('timeout')
  expect(line.inside).toBe(1)
})

test('each who waits has the time that they said, in whatever order they came', async () => {
  const line = new Semaphore(1)
  line.enter(patient)
  const turned: number[] = []
  const began = performance.now()
  const wait = async (timeoutMs: number) => {
    expect(await line.enter({ timeoutMs })).toBe('timeout')
    expect(performance.now() - began).toBeGreaterThanOrEqual(timeoutMs - 1)
    turned.push(timeoutMs)
  }
  await Promise.all([wait(60), wait(10), wait(30)])
  expect(turned).toEqual([10, 30, 60])
  // A timer that is left from those before turns nobody away too early, and one that comes later is not forgotten.
  const [third, fourth] = [line.enter({ timeoutMs: 5 }), line.enter(patient)]
  expect(await third).toBe('timeout')
  line.leave()
  expect(await fourth).toBeUndefined()
  expect([line.inside, line.waiting]).toEqual([1, 0])
})
