import { describe, expect, it } from 'vitest'
import type { Detection } from '../detection/detection.ts'
import { type BaselineEntry, formatBaseline, matchBaseline, parseBaseline } from './baseline.ts'
import { fingerprint } from './fingerprint.ts'
import { madeFinding } from './made-finding.ts'
import { orderFindings } from './order.ts'
import { parseSuppression, Suppressions } from './suppression.ts'

const detection = (path: string, line: number, subject = 'f', evidence = 'requests.get'): Detection => ({
  place: { path, line },
  subject,
  evidence,
  message: { what: '', why: '', do: '' },
  confidence: 'definite',
})
const prints = (...detections: Detection[]) => fingerprint('async/blocking-call-in-async', detections)

describe('fingerprints', () => {
  it('do not know lines, order or formatting', () => {
    const [a] = prints(detection('a.py', 10))
    expect(prints(detection('a.py', 99))[0]?.fingerprint).toBe(a?.fingerprint)
    expect(prints(detection('a.py', 1, 'f', 'requests.get( "x" )'))[0]?.fingerprint).toBe(
      prints(detection('a.py', 1, 'f', "requests.get(\n 'x' )"))[0]?.fingerprint,
    )
    const both = [detection('a.py', 1), detection('b.py', 1)]
    expect(prints(...both)).toEqual(prints(...both.reverse()))
  })

  it('tell two equal calls in one function apart, and a third does not rename them', () => {
    const two = prints(detection('a.py', 1), detection('a.py', 2)).map((print) => print.fingerprint)
    const three = prints(detection('a.py', 5), detection('a.py', 1), detection('a.py', 2)).map(
      (print) => print.fingerprint,
    )
    expect(new Set(two).size).toBe(2)
    expect(three.slice(0, 2)).toEqual(two)
  })

  it('of a renamed file differ, their content stays', () => {
    const [a] = prints(detection('a.py', 1))
    const [b] = prints(detection('b.py', 1))
    expect(b?.fingerprint).not.toBe(a?.fingerprint)
    expect(b?.contentFingerprint).toBe(a?.contentFingerprint)
  })
})

describe('baseline', () => {
  const rule = 'async/blocking-call-in-async' as const
  const entries = (...detections: Detection[]): BaselineEntry[] =>
    prints(...detections).map(({ detection: { place, subject }, fingerprint, contentFingerprint }) => ({
      rule,
      path: place.path,
      subject,
      fingerprint,
      contentFingerprint,
    }))
  const ran = new Set<string>([rule])
  const match = (before: BaselineEntry[], now: BaselineEntry[], paths: string[], rules: ReadonlySet<string> = ran) =>
    matchBaseline({ footingBaseline: 1, entries: before }, now, rules, new Set(paths))

  it('knows what was there, calls what is gone stale, and never takes in what is new', () => {
    const before = entries(detection('a.py', 1), detection('b.py', 1))
    const now = entries(detection('a.py', 40), detection('c.py', 1, 'g'))
    const result = match(before, now, ['a.py', 'b.py', 'c.py'])
    expect([...result.known]).toEqual([now[0]?.fingerprint])
    expect(result.stale.map(({ path }) => path)).toEqual(['b.py'])
    expect(result.kept.map(({ path }) => path)).toEqual(['a.py'])
  })

  it('follows a renamed file, one to one', () => {
    const before = entries(detection('old.py', 1))
    const now = entries(detection('new.py', 3), detection('other.py', 3))
    const result = match(before, now, ['new.py', 'other.py'])
    expect(result.known.size).toBe(1)
    expect(result.stale).toEqual([])
    expect(result.kept).toHaveLength(1)
  })

  it('does not let an entry move while its file is still there: that would hide a new finding', () => {
    const result = match(entries(detection('old.py', 1)), entries(detection('new.py', 1)), ['old.py', 'new.py'])
    expect(result.known.size).toBe(0)
    expect(result.stale).toHaveLength(1)
  })

  it('leaves entries of rules that did not run alone', () => {
    const before = entries(detection('a.py', 1))
    const result = match(before, [], ['a.py'], new Set())
    expect(result.stale).toEqual([])
    expect(result.kept).toEqual(before)
  })

  it('is written one entry a line and read back', () => {
    const all = entries(detection('b.py', 1), detection('a.py', 1))
    const text = formatBaseline(all)
    expect(text.split('\n')).toHaveLength(8)
    expect(parseBaseline(text, 'x').entries.map(({ path }) => path)).toEqual(['a.py', 'b.py'])
    expect(parseBaseline(formatBaseline([]), 'x').entries).toEqual([])
  })

  it.each([
    '',
    '{',
    '[]',
    '{"footingBaseline":2,"entries":[]}',
    '{"footingBaseline":1,"entries":[null]}',
    '{"footingBaseline":1,"entries":[{"rule":1}]}',
  ])('refuses %j with a coded error', (text) =>
    expect(() => parseBaseline(text, 'known.json')).toThrow(/known\.json is no baseline/),
  )
})

describe('suppression comments', () => {
  it.each([
    ['# footing: allow async/x -- start-up only', ['async/x'], 'start-up only'],
    ['import x  # footing: allow a/b, c/d -- two -- dashes', ['a/b', 'c/d'], 'two -- dashes'],
    ['  web: # footing:allow services/y --   ', ['services/y'], ''],
    ['# footing: allow a/b', ['a/b'], ''],
    ['# footing: allow', undefined, ''],
    ['# allow a/b -- no', undefined, ''],
  ])('reads %j', (text, rules, reason) => {
    const found = parseSuppression('a.py', 3, text)
    expect(found?.rules).toEqual(rules)
    if (rules !== undefined) expect(found?.reason).toBe(reason)
  })

  const rule = 'async/x' as const
  const known = new Set<string>([rule, 'data/y'])
  const at = (line: number, text: string) => parseSuppression('a.py', line, text)!
  const faults = (suppressions: Suppressions, ran: ReadonlySet<string> = known) =>
    suppressions.faults(known, ran).map((fault) => [fault.rule, fault.detection.place.line])

  it('silence their line and the next, with a reason only', () => {
    const suppressions = new Suppressions([at(3, '# footing: allow async/x -- why'), at(9, '# footing: allow async/x')])
    expect(suppressions.reasonFor(rule, detection('a.py', 3))).toBe('why')
    expect(suppressions.reasonFor(rule, detection('a.py', 4))).toBe('why')
    expect(suppressions.reasonFor(rule, detection('a.py', 5))).toBeUndefined()
    expect(suppressions.reasonFor(rule, detection('a.py', 9))).toBeUndefined()
    expect(suppressions.reasonFor('data/y', detection('a.py', 3))).toBeUndefined()
    expect(faults(suppressions)).toEqual([['audit/suppression-without-reason', 9]])
  })

  it('silence at the fix site what shows elsewhere', () => {
    const suppressions = new Suppressions([at(7, '# footing: allow async/x -- wrapper')])
    const elsewhere = { ...detection('b.py', 1), fixSite: { path: 'a.py', line: 8, name: 'wrapper' } }
    expect(suppressions.reasonFor(rule, elsewhere)).toBe('wrapper')
  })

  it('are findings when nothing is there any more or the rule does not exist; not when the rule did not run', () => {
    const suppressions = new Suppressions([
      at(1, '# footing: allow async/x -- a'),
      at(2, '# footing: allow async/z -- b'),
    ])
    expect(faults(suppressions)).toEqual([
      ['audit/unused-suppression', 1],
      ['audit/unknown-rule-allowed', 2],
    ])
    expect(faults(suppressions, new Set())).toEqual([['audit/unknown-rule-allowed', 2]])
  })
})

describe('the order', () => {
  it('gives each cause its turn, in the order of causes, and within a turn goes by severity', () => {
    const many = Array.from({ length: 3 }, (_, n) =>
      madeFinding({ rule: 'boundaries/package-cycle', path: `p${n}.py` }),
    )
    const other = [
      madeFinding({ path: 'z.py' }),
      madeFinding({ path: 'a.py', severity: 'low' }),
      madeFinding({ path: 'y.py', severity: 'critical' }),
    ]
    expect(orderFindings([...many, ...other]).map(({ place }) => place.path)).toEqual([
      'y.py',
      'p0.py',
      'p1.py',
      'z.py',
      'p2.py',
      'a.py',
    ])
    const named = orderFindings([...many, ...other], ['boundaries/package-cycle'])
    expect(named.slice(0, 2).map(({ place }) => place.path)).toEqual(['p0.py', 'y.py'])
  })

  it('does not depend on the order given, and keeps a fix site together', () => {
    const site = { path: 'w.py', line: 1, name: 'w' }
    const all = [
      madeFinding({ path: 'a.py', fixSite: site }),
      madeFinding({ path: 'b.py' }),
      madeFinding({ path: 'c.py', fixSite: site }),
    ]
    const paths = orderFindings(all).map(({ place }) => place.path)
    expect(paths).toEqual(['a.py', 'c.py', 'b.py'])
    expect(orderFindings([...all].reverse()).map(({ place }) => place.path)).toEqual(paths)
  })
})
