// The report of a check: drawings, limits, what was not seen, and nothing of a hostile repository.
import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { madeFinding } from '../findings/made-finding.ts'
import type { BoundaryReport } from '../modules/boundary-report.ts'
import { checkLine, checkReport } from './check.ts'
import { HOSTILE, madeResult } from './made-result.ts'
import { PLAIN } from './report.ts'

const options = { ...PLAIN, rules: 13 }
const boundaries: BoundaryReport = {
  modules: [],
  arrows: [],
  imports: { statements: 1200, internal: 700, external: 490, assets: 5, unresolved: 5, notFollowed: 2 },
  unresolved: [
    { place: { path: 'a.ts', line: 3 }, specifier: './gone.ts', reason: 'there is no file', isFault: true },
    { place: { path: 'b.ts', line: 4 }, specifier: '…', reason: 'it is computed', isFault: false },
  ],
  problems: [{ place: { path: 'x.module.ts', line: 1 }, what: '`needs` is not read.' }],
}
const arrow = (from: string, to: string, path: string) => ({
  path,
  line: 7,
  label: `${from} imports ${to}`,
  arrow: { from, verb: 'imports', to },
})
const circle = {
  ...madeFinding({ rule: 'boundaries/module-cycle', path: 'src/c/index.ts', fanOut: 3 }),
  chain: [arrow('c', 'a', 'src/c/index.ts'), arrow('a', 'b', 'src/a/index.ts'), arrow('b', 'c', 'src/b/index.ts')],
}

describe('a circle', () => {
  it('is drawn with the arrow to cut at its end', () => {
    expect(checkReport(madeResult([circle]), options)).toContain(
      [
        '  ╭▶ a',
        '  │     ↓ imports         src/a/index.ts:7',
        '  │  b',
        '  │     ↓ imports         src/b/index.ts:7',
        '  │  c',
        '  ╰─    ✂ cut: imports    src/c/index.ts:7',
      ].join('\n'),
    )
  })

  it('is drawn in ASCII where nothing else is understood', () => {
    const text = checkReport(madeResult([circle]), { ...options, unicode: false })
    expect(text).toContain('  +> a\n')
    expect(text).toContain('x cut: imports')
    expect([...text].every((character) => (character.codePointAt(0) ?? 0) < 128)).toBe(true)
  })

  it('that does not close is told as a chain', () => {
    const open = { ...circle, chain: circle.chain.slice(0, 2) }
    expect(checkReport(madeResult([open]), options)).toContain('  └─ a imports b')
  })
})

it('says what was not followed, and does not say twice what is a finding', () => {
  const told = madeFinding({ rule: 'boundaries/unresolved-import' })
  const all = checkReport(madeResult([], [], { boundaries }), options).replace(/\s+/g, ' ')
  expect(all).toContain("Imports that were not followed: 5 of 1,200. a.ts:3 './gone.ts' (there is no file); b.ts:4")
  expect(all).toContain('x.module.ts:1: `needs` is not read.')
  expect(all).toContain('Not parsed: 1. app/broken.py:3')
  const rest = checkReport(madeResult([told], [], { boundaries }), options).replace(/\s+/g, ' ')
  expect(rest).toContain("Imports that were not followed: 2 of 1,200. b.ts:4 '…' (it is computed), and 1 more.")
})

it('ends with counts and time', () => {
  const text = checkReport(madeResult([circle], [], { boundaries }), { ...options, milliseconds: 234 })
  expect(text).toContain('✘ 1 finding at 1 place: 1 high. 10 files, 1,200 imports and 13 rules in 0.23 s.')
  expect(checkReport(madeResult(), options)).toContain('✔ Boundaries hold: 10 files')
})

it('tells twenty places, and all of them with --verbose', () => {
  const many = Array.from({ length: 30 }, (_, index) => madeFinding({ path: `src/f${index}.ts` }))
  const places = (text: string) => text.split('\n').filter((line) => /^src\/f\d+\.ts:7$/.test(line)).length
  expect(places(checkReport(madeResult(many), options))).toBe(20)
  expect(checkReport(madeResult(many), options)).toContain('10 more places: --verbose')
  expect(places(checkReport(madeResult(many), { ...options, verbose: true }))).toBe(30)
})

it.each([40, 80, 400])('lets nothing of a hostile repository out, %i columns wide', (width) => {
  const hostile = {
    ...madeFinding({ path: HOSTILE, what: HOSTILE, fixSite: { path: HOSTILE, line: 1, name: HOSTILE } }),
    chain: [arrow(HOSTILE, 'b', HOSTILE), arrow('b', HOSTILE, HOSTILE)],
    related: [{ path: HOSTILE, line: 1, label: HOSTILE }],
  }
  const found = { path: HOSTILE, line: 1 }
  const report = {
    ...boundaries,
    problems: [{ place: found, what: HOSTILE }],
    unresolved: [{ place: found, specifier: HOSTILE, reason: HOSTILE, isFault: false }],
  }
  const result = madeResult([hostile], [], { root: HOSTILE, boundaries: report })
  for (const color of [true, false]) {
    const text = stripVTControlCharacters(checkReport(result, { ...options, width, color, verbose: true }))
    const line = stripVTControlCharacters(checkLine(hostile, { color }))
    for (const shown of [text, line]) {
      expect([...shown].filter((character) => character < ' ' && character !== '\n')).toEqual([])
      expect(shown).not.toMatch(/[\u202e\u2028]/)
    }
    expect(text.split('\n').filter((row) => row.startsWith('::error'))).toEqual([])
  }
})
