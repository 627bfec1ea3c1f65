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
    expect(effortOf(20, { untested: false, hotspot: false })).toEqual({ least: 10, most: 60 })
    expect(effortOf(20, { untested: true, hotspot: true })).toEqual({ least: 23, most: 135 })
  })

  it('of several repairs is the sum of both ends, in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }), (minutes) => {
        const ranges = minutes.map((value) => effortOf(value, { untested: false, hotspot: false }))
        const sum = addEfforts(ranges)
        return sum.least <= sum.most && ranges.every((range) => sum.least >= range.least && sum.most >= range.most)
      }),
    )
  })

  it('is told in words as coarse as it is', () => {
    expect([3, 22, 89, 90, 480, 959, 960, 4799, 4800, 19_200].map(formatMinutes)).toEqual([
      '3 min',
      '20 min',
      '90 min',
      '2 h',
      '8 h',
      '16 h',
      '2 days',
      '10 days',
      '2 weeks',
      '2 months',
    ])
    expect(formatEffort({ least: 10, most: 60 })).toBe('10 to 60 min')
    expect(formatEffort({ least: 45, most: 270 })).toBe('45 min to 5 h')
    expect(formatEffort({ least: 4500, most: 27_000 })).toBe('9 days to 3 months')
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

  it('mends a route that is made plain once, whatever it calls', () => {
    const plan = makePlan(
      [
        madeFinding({ line: 9, rule: 'async/sync-database-in-async', confidence: 'probable' }),
        madeFinding({ line: 8 }),
        madeFinding({ rule: 'async/async-route-without-await', confidence: 'probable' }),
        madeFinding({ path: 'other.py' }),
      ],
      context,
    )
    expect(plan.map((item) => [item.rule, item.confidence, item.findings])).toEqual([
      ['async/async-route-without-await', 'definite', 3],
      ['async/blocking-call-in-async', 'definite', 1],
    ])
  })

  it('goes by impact and leaves trial rules out', () => {
    const plan = makePlan(
      [
        madeFinding({ severity: 'low' }),
        madeFinding({ severity: 'critical', path: 'z.py', rule: 'async/blocking-middleware' }),
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
    expect(plan.map((item) => [item.rule, item.findings, item.effort?.least])).toEqual([
      ['observability/once', 2, 10],
      ['state/report', 1, undefined],
    ])
  })
})
