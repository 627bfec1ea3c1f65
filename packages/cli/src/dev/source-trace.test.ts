import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { explainError, FrameFolder, traceViewOf } from './source-trace.ts'

let home = ''
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'source trace '))
  writeFileSync(join(home, 'shop.ts'), 'one\n  return order.name\n')
})
afterAll(() => rmSync(home, { recursive: true }))

function thrown(name: string, message: string, frames: readonly string[], cause?: unknown): Error {
  const error = new Error(message, { cause })
  error.stack = [`${name}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

const view = () => ({ home, footing: ['/opt/footing'] })
const own = () => `Object.handle (file://${join(home, 'shop.ts').replaceAll(' ', '%20')}:2:16)`
const foreign = [
  'run (/opt/footing/src/run-work.ts:1:1)',
  'x (/a/node_modules/fastify/x.js:3:4)',
  'node:internal/timers:5:6',
]

test('the line of the user comes first, with its source; other frames are counted', () => {
  const cause = thrown('TypeError', 'Cannot read name', [own(), ...foreign])
  const error = thrown('FootingError', 'The operation failed.', foreign, cause)
  expect(explainError(error, view())).toBe(
    [
      'shop.ts:2:16  return order.name',
      'TypeError: Cannot read name',
      '    at Object.handle (shop.ts:2:16)',
      '    … 3 frames of Footing and of packages',
    ].join('\n'),
  )
})

test('errors that the user wrapped are all told, the outermost first', () => {
  const error = thrown('OrderError', 'no order', [own()], thrown('DbError', 'gone', [own(), ...foreign]))
  expect(explainError(error, view())).toMatch(/^shop\.ts:2:16.*\nOrderError: no order\n.*\ncaused by DbError: gone\n/)
})

test.each([
  ['nothing', undefined, undefined],
  ['a text', 'boom', 'boom'],
  [
    'an error without frames of the user',
    thrown('Error', 'x', foreign),
    'Error: x\n    … 3 frames of Footing and of packages',
  ],
  ['a stack that was taken away', Object.assign(new Error('bare'), { stack: undefined }), 'bare'],
  [
    'a file that is not there',
    thrown('Error', 'x', ['f (/gone/a.ts:1:2)']),
    '/gone/a.ts:1:2\nError: x\n    at f (/gone/a.ts:1:2)',
  ],
  [
    'a frame that is no place',
    thrown('Error', 'x', ['f (file://%E0%A4:1:2)', '<anonymous>']),
    'Error: x\n    … 2 frames of Footing and of packages',
  ],
])('%s', (_what, error, shown) => {
  expect(explainError(error, view())).toBe(shown)
})

test('a cycle of causes ends', () => {
  const error = thrown('Error', 'a', [own()])
  error.cause = thrown('Error', 'b', [own()], error)
  expect(explainError(error, view())?.match(/caused by/g)).toHaveLength(1)
})

test('frames that arrive as lines are folded, and what follows is said after them', () => {
  const folder = new FrameFolder(view())
  const lines = ['Error: x', `    at ${own()}`, ...foreign.map((frame) => `    at ${frame}`), '', 'Node.js v24']
  expect(lines.flatMap((line) => folder.push(line))).toEqual([
    'Error: x',
    '    at Object.handle (shop.ts:2:16)',
    '    … 3 frames of Footing and of packages',
    '',
    'Node.js v24',
  ])
  expect(folder.end()).toEqual([])
})

test('the packages of Footing are known wherever they are installed', () => {
  expect(traceViewOf(home).footing.every((folder) => folder.startsWith('/') || folder.includes(':'))).toBe(true)
  expect(new Set(traceViewOf(home).footing).size).toBe(4)
})
