// The line of a request is JSON with the same facts whatever they contain, in one line.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestLines } from './request-line.ts'

const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('"}\n{"level":"error'), fc.constant('\u2028\\"'))
const record = fc.record({
  method: hostile,
  route: fc.option(hostile, { nil: undefined }),
  module: fc.option(hostile, { nil: undefined }),
  status: fc.integer({ min: 100, max: 599 }),
  durationMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
  requestId: hostile,
  traceId: fc.option(fc.constant('4bf92f3577b34da6a3ce929d0e0e4736'), { nil: undefined }),
  userId: fc.option(hostile, { nil: undefined }),
  code: fc.option(hostile, { nil: undefined }),
  bytes: fc.option(fc.nat(), { nil: undefined }),
  hungUp: fc.boolean(),
})

test('any facts', () => {
  const line = requestLines({ app: 'con"duit' })
  fc.assert(
    fc.property(record, fc.integer({ min: 0, max: 4e12 }), (facts, at) => {
      const written = line('info', facts, at)
      expect(written.endsWith('\n')).toBe(true)
      expect(written.slice(0, -1)).not.toMatch(/[\n\r]/)
      const { durationMs, hungUp, ...same } = facts
      const wanted = {
        ...{ level: 'info', time: new Date(at).toISOString(), app: 'con"duit', message: 'request', ...same },
        durationMs: Math.round(durationMs * 100) / 100,
        ...(hungUp ? { hungUp } : {}),
      }
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(wanted)))
    }),
  )
})
