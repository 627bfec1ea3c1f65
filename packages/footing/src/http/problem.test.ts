// Headers of error answers: when to try again.
import { defineErrors } from '@footing/kernel'
import { expect, test } from 'vitest'
import { errorAnswers } from './problem.ts'

const errors = defineErrors({
  busy: { status: 503, retryable: true, what: 'Busy.', why: 'Too much waits.', remedy: 'Try again.' },
  slower: { status: 429, retryable: true, what: 'Too fast.', why: 'There is a limit.', remedy: 'Wait.' },
})
const request = { method: 'GET', path: '/report', requestId: 'r1' }
const retryAfter = (details: Readonly<Record<string, string | number>>, code: 'busy' | 'slower' = 'busy') =>
  errorAnswers({}, 'production')(errors(code, { details }), request).headers['retry-after']

test('an error that knows when to try again says so in whole seconds, at least one', () => {
  expect(retryAfter({ retryAfterMs: 1 })).toBe('1')
  expect(retryAfter({ retryAfterMs: 0 })).toBe('1')
  expect(retryAfter({ retryAfterMs: -5 })).toBe('1')
  expect(retryAfter({ retryAfterMs: 2001 })).toBe('3')
  expect(retryAfter({ retryAfterMs: 60_000 }, 'slower')).toBe('60')
})

test('what is no number of milliseconds is not sent', () => {
  expect(retryAfter({ retryAfterMs: 'soon\r\nx: y' })).toBe('1') // a 503 says one second by itself
  expect(retryAfter({ retryAfterMs: Number.NaN }, 'slower')).toBeUndefined()
  expect(retryAfter({}, 'slower')).toBeUndefined()
})
