import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { madeFinding } from '../findings/made-finding.ts'
import { addEfforts, effortOf, formatEffort, formatMinutes } from './effort.ts'
import { makePlan } from './plan.ts'

const context = {
  effortOf: (rule: string) => ({
    minutes: 20,
    per: rule.endsWith('once') ? ('once' as const) : rule.endsWith('report') ? ('report' as const) : ('site' as const),
  }),
  around: (path: string) => ({ untested: path.startsWith('untested'), hotspot: path.startsWith('hot') }),
}

describe('effort', () => {
  it('is half as long again without tests, and again in a hotspot', () => {
    expect(effortOf(20, { untested: false, hotspot: false })).toEqual({ p50: 20, p90: 50 })
    expect(effortOf(20, { untested: true, hotspot: true })).toEqual({ p50: 45, p90: 113 })
  })

  it('of several repairs is at least each median and at most the sum of the worst', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (minutes) => {
        const ranges = minutes.map((value) => effortOf(value, { untested: false, hotspot: false }))
        const sum = addEfforts(ranges)
        const worst = ranges.reduce((total, range) => total + range.p90, 0)
        return sum.p50 <= sum.p90 && sum.p90 <= worst + 1 && ranges.every((range) => sum.p50 >= range.p50)
      }),
    )
  })

  it('is told in words', () => {
    expect([20, 89, 90, 480, 959, 960, 4800].map(formatMinutes)).toEqual([
      '20 min',
      '89 min',
      '1.5 h',
      '8 h',
      '16 h',
      '2 days',
      '10 days',
    ])
    expect(formatEffort({ p50: 20, p90: 50 })).toBe('20 min to 50 min')
  })
})

describe('plan', () => {
  it('counts a wrapper once, however many findings it has', () => {
    const site = { path: 'wrap.py', line: 3, name: 'wrap' }
    const plan = makePlan(
      [
        madeFinding({ path: 'a.py', fixSite: site }),
        madeFinding({ path: 'b.py', fixSite: site }),
        madeFinding({ path: 'c.py' }),
      ],
      context,
    )
    expect(plan.map((item) => [item.fixSite.path, item.findings])).toEqual([
      ['wrap.py', 2],
      ['c.py', 1],
    ])
  })

  it('puts severity before everything and leaves trial rules out', () => {
    const plan = makePlan(
      [
        madeFinding({ severity: 'low', fanOut: 100 }),
        madeFinding({ severity: 'critical', path: 'z.py' }),
        madeFinding({ severity: 'critical', trial: true, path: 'trial.py' }),
      ],
      context,
    )
    expect(plan.map((item) => item.severity)).toEqual(['critical', 'low'])
  })

  it('counts a rule that is repaired once for the repository once, and a decision has no estimate', () => {
    const plan = makePlan(
      [
        madeFinding({ rule: 'observability/once' }),
        madeFinding({ rule: 'observability/once', path: 'b.py' }),
        madeFinding({ rule: 'state/report' }),
      ],
      context,
    )
    expect(plan.map((item) => [item.rule, item.findings, item.effort?.p50])).toEqual([
      ['observability/once', 2, 20],
      ['state/report', 1, undefined],
    ])
  })
})
