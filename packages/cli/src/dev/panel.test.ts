import { printable } from '@footing/kernel'
import { expect, test } from 'vitest'
import { displayWidth } from '../command/terminal.ts'
import { renderLog, renderPanel, renderRequest } from './panel.ts'

const plain = (text: string): string => text
const facts = {
  name: 'shop',
  seconds: 1.234,
  watching: true,
  rows: [
    ['API', 'http://localhost:3000/api'],
    ['Database', 'embedded PostgreSQL'],
  ],
} as const

test('the frame is as wide everywhere', () => {
  const lines = renderPanel(facts, { style: plain, unicode: true, width: 120 }).filter((line) => line !== '')
  expect(new Set(lines.map(displayWidth)).size).toBe(1)
  expect(lines.join('\n')).toContain('shop is ready in 1.2 s')
})

test('without watching nothing is promised', () => {
  const text = renderPanel({ ...facts, watching: false }, { style: plain, unicode: true, width: 120 }).join('\n')
  expect(text).toContain('Changes are not watched')
  expect(text).not.toContain('restarts')
})

test('a narrow or ASCII terminal gets the same lines without a frame', () => {
  for (const terminal of [
    { unicode: true, width: 40 },
    { unicode: false, width: 120 },
  ]) {
    const text = renderPanel(facts, { style: plain, ...terminal }).join('\n')
    expect(text).not.toMatch(/[╭│─]/)
    expect(text).toContain('http://localhost:3000/api')
  }
})

test('what a client sent cannot move the cursor or forge a line', () => {
  const evil = 'x\u001b[2J\r\n200 GET /admin\u009b1A\u202egnp'
  const line = renderRequest({ id: '', at: 0, method: 'GET', route: evil, status: 404, durationMs: 1 }, plain)
  const log = renderLog(
    { level: 'info', module: undefined, message: evil, fields: evil, trace: undefined, requestId: undefined },
    plain,
  )
  for (const text of [line, ...log]) expect(printable(text)).toBe(text)
})
