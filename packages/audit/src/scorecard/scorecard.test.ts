import { describe, expect, it } from 'vitest'
import { madeFinding } from '../findings/made-finding.ts'
import { makeScorecard, type RuleEvidence } from './scorecard.ts'

const evidence = (rule: RuleEvidence['rule'], examined: number, more: Partial<RuleEvidence> = {}): RuleEvidence => ({
  rule,
  summary: '',
  severity: 'high',
  trial: false,
  flagged: 0,
  examined,
  of: 'async functions',
  heldBack: 0,
  ...more,
})
const rule = 'async/blocking-call-in-async'
const verdict = (...args: Parameters<typeof makeScorecard>) =>
  makeScorecard(...args).find((score) => score.decision === 'async')

describe('a verdict', () => {
  it('is not applicable without anything to examine, with the reason', () => {
    expect(verdict([], [evidence(rule, 0, { couldNotTell: 'Not enough history.' })])).toMatchObject({
      verdict: 'not applicable',
      because: 'Not enough history.',
    })
    expect(makeScorecard([], []).every((score) => score.verdict === 'not applicable')).toBe(true)
  })

  it('is sound with low findings, drifting with a medium one, compounding with three high fix sites or one critical', () => {
    const told = [evidence(rule, 40, { flagged: 1 })]
    const high = (path: string) => madeFinding({ path, severity: 'high' })
    expect(verdict([], told)).toMatchObject({
      verdict: 'sound',
      passed: 1,
      checks: 1,
      because: 'Nothing found. Examined: async functions (40).',
    })
    expect(verdict([madeFinding({ severity: 'low' })], told)?.verdict).toBe('sound')
    expect(verdict([madeFinding({ severity: 'medium' })], told)).toMatchObject({
      verdict: 'drifting',
      passed: 0,
      because: madeFinding().message.what,
    })
    expect(verdict([high('a.py'), high('b.py')], [evidence(rule, 4000, { flagged: 2 })])).toMatchObject({
      verdict: 'drifting',
      because: expect.stringMatching(/: 2 of 4,000 async functions\.$/),
    })
    expect(verdict([high('a.py'), high('b.py'), high('c.py')], told)?.verdict).toBe('compounding')
    expect(verdict([madeFinding({ severity: 'critical' })], told)?.verdict).toBe('compounding')
  })

  it('counts one fix site once, and neither trial rules nor findings by name', () => {
    const site = { path: 'w.py', line: 1, name: 'w' }
    const told = [evidence(rule, 40)]
    expect(
      verdict(
        ['a.py', 'b.py', 'c.py'].map((path) => madeFinding({ path, fixSite: site })),
        told,
      )?.verdict,
    ).toBe('drifting')
    expect(verdict([madeFinding({ severity: 'critical', trial: true })], told)?.verdict).toBe('sound')
    expect(verdict([madeFinding({ severity: 'critical', confidence: 'possible' })], told)?.verdict).toBe('sound')
  })

  it('says what it costs to reverse', () => expect(verdict([], [])?.costToReverse).toMatch(/^high/))
})
