// W3C trace context: what we write is read back, what is malformed counts as absent.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTraceParent, parseTraceParent, randomHex } from './trace-ids.ts'

test('ids are hexadecimal, of their length and all different', () => {
  const ids = Array.from({ length: 2000 }, () => randomHex(16))
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
})

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.boolean(), (sampled) => {
      const trace = { traceId: randomHex(16), spanId: randomHex(8) }
      expect(parseTraceParent(formatTraceParent(trace, sampled))).toEqual({
        traceId: trace.traceId,
        parentId: trace.spanId,
        sampled,
      })
    }),
  )
})

const good = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`

test.each([
  ['zeros as trace', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`],
  ['zeros as span', `00-${'a'.repeat(32)}-${'0'.repeat(16)}-01`],
  ['version ff', good.replace('00-', 'ff-')],
  ['capital letters', good.toUpperCase()],
  ['more than version 00 has', `${good}-extra`],
  ['too short', good.slice(0, -1)],
  ['very long', `01${good.slice(2)}-${'x'.repeat(500)}`],
  ['a line break', `${good}\n`],
])('%s is not taken over', (_name, header) => {
  expect(parseTraceParent(header)).toBeUndefined()
})

test('a later version with more parts is read as far as it is known', () => {
  expect(parseTraceParent(`01${good.slice(2)}-more`)).toMatchObject({ traceId: 'a'.repeat(32), sampled: true })
})

test('any text at all is read without an error', () => {
  fc.assert(fc.property(fc.string(), (text) => void parseTraceParent(text)))
})
