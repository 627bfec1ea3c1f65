import { expect, test } from 'vitest'
import { createTerminal, displayWidth, wantsColor } from './terminal.ts'

const colours = [
  { name: 'a terminal', env: {}, tty: true, choice: undefined, colour: true },
  { name: 'a pipe', env: {}, tty: false, choice: undefined, colour: false },
  { name: 'NO_COLOR on a terminal', env: { NO_COLOR: '1' }, tty: true, choice: undefined, colour: false },
  { name: 'NO_COLOR over --color', env: { NO_COLOR: '1' }, tty: true, choice: true, colour: false },
  {
    name: 'NO_COLOR over FORCE_COLOR',
    env: { NO_COLOR: '1', FORCE_COLOR: '1' },
    tty: false,
    choice: undefined,
    colour: false,
  },
  { name: 'an empty NO_COLOR, which is none', env: { NO_COLOR: '' }, tty: true, choice: undefined, colour: true },
  { name: '--color on a pipe', env: {}, tty: false, choice: true, colour: true },
  { name: '--no-color over FORCE_COLOR', env: { FORCE_COLOR: '1' }, tty: true, choice: false, colour: false },
  { name: 'FORCE_COLOR on a pipe', env: { FORCE_COLOR: '1' }, tty: false, choice: undefined, colour: true },
  { name: 'FORCE_COLOR=0 on a terminal', env: { FORCE_COLOR: '0' }, tty: true, choice: undefined, colour: false },
  { name: 'TERM=dumb', env: { TERM: 'dumb' }, tty: true, choice: undefined, colour: false },
]
test.each(colours)('$name: colour $colour', ({ env, tty, choice, colour }) => {
  expect(wantsColor({ isTTY: tty }, env, choice)).toBe(colour)
})

function stream(isTTY: boolean, columns?: number) {
  const written: string[] = []
  return { written, isTTY, ...(columns === undefined ? {} : { columns }), write: (text: string) => written.push(text) }
}

test('with --json, stdout gets the document and nothing else', () => {
  const stdout = stream(false)
  const terminal = createTerminal({ stdout, stderr: stream(false), env: {}, json: true })
  terminal.out('a line for a person')
  terminal.json({ ok: true })
  expect(JSON.parse(stdout.written.join(''))).toEqual({ schemaVersion: 1, ok: true })
})

test('--quiet keeps faults', () => {
  const stderr = stream(false)
  const terminal = createTerminal({ stdout: stream(false), stderr, env: {}, quiet: true })
  terminal.note('progress')
  terminal.fault('fault')
  expect(stderr.written).toEqual(['fault\n'])
})

test('nothing is redrawn or asked in CI, on a dumb terminal or in a pipe', () => {
  const live = (env: Record<string, string>, tty: boolean) =>
    createTerminal({ stdout: stream(tty), stderr: stream(tty), stdinIsTTY: true, env })
  expect(live({}, true)).toMatchObject({ live: true, interactive: true })
  for (const dull of [live({ CI: 'true' }, true), live({ TERM: 'dumb' }, true), live({}, false)]) {
    expect(dull).toMatchObject({ live: false, interactive: false })
  }
})

test('the width is the terminal’s, 80 in a pipe', () => {
  const width = (tty: boolean, columns?: number) =>
    createTerminal({ stdout: stream(tty, columns), stderr: stream(tty), env: {} }).width
  expect([width(true, 132), width(false, 132), width(true)]).toEqual([132, 80, 80])
})

test('width counts what is seen', () => {
  expect(displayWidth('plain')).toBe(5)
  expect(displayWidth('\u001b[31mred\u001b[0m')).toBe(3)
  expect(displayWidth('日本')).toBe(4)
  expect(displayWidth('👩‍👩‍👧')).toBe(2)
  expect(displayWidth('e\u0301')).toBe(1)
})
