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
  it('is not applicable without anything to examine, and could not tell when a rule could not, with the reason', () => {
    expect(verdict([], [evidence(rule, 0)])?.verdict).toBe('not applicable')
    expect(verdict([], [evidence(rule, 0, { couldNotTell: 'Not enough history.' })])).toMatchObject({
      verdict: 'could not tell',
      because: 'Not enough history.',
    })
    expect(makeScorecard([], []).every((score) => score.verdict === 'not applicable')).toBe(true)
  })

  it('is nothing found with low findings, drifting with a medium one, compounding with three high fix sites or one critical', () => {
    const told = [evidence(rule, 40, { flagged: 1 })]
    const high = (path: string) => madeFinding({ path, severity: 'high' })
    expect(verdict([], told)).toMatchObject({
      verdict: 'nothing found',
      passed: 1,
      checks: 1,
      because: 'Nothing found. Examined: async functions (40).',
    })
    expect(verdict([madeFinding({ severity: 'low' })], told)?.verdict).toBe('nothing found')
    expect(verdict([madeFinding({ severity: 'medium' })], told)).toMatchObject({
      verdict: 'drifting',
      passed: 0,
      because: madeFinding().message.what,
    })
    expect(verdict([high('a.py'), high('b.py')], [evidence(rule, 4000, { flagged: 2 })])).toMatchObject({
      verdict: 'drifting',
      because: expect.stringMatching(/: at 2 places; examined: async functions \(4,000\)\.$/),
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
    expect(verdict([madeFinding({ severity: 'critical', trial: true })], told)).toMatchObject({
      verdict: 'could not tell',
      because: expect.stringMatching(/^Rules on trial, which turn no verdict, report one place: /),
    })
    expect(verdict([madeFinding({ severity: 'low', trial: true })], [evidence(rule, 40)])).toMatchObject({
      verdict: 'nothing found',
      because:
        'Nothing found by rules that judge. Examined: async functions (40). Beside it 1 place of rules on trial, which turn no verdict.',
    })
    expect(verdict([madeFinding({ severity: 'critical', confidence: 'possible' })], told)?.verdict).toBe(
      'nothing found',
    )
  })

  it('is not turned by one place of medium severity that is only probable, but by three of them', () => {
    const told = [evidence(rule, 40, { flagged: 3 })]
    const likely = ['a.py', 'b.py', 'c.py'].map((path) =>
      madeFinding({ path, severity: 'medium', confidence: 'probable' }),
    )
    expect(verdict(likely.slice(0, 2), told)).toMatchObject({
      verdict: 'nothing found',
      because: 'Too little to turn the verdict: 2 places of medium severity, inferred. Examined: async functions (40).',
    })
    expect(verdict([madeFinding({ severity: 'low' })], told)?.because).toMatch(
      /^Nothing of weight; 1 place of low severity\./,
    )
    expect(verdict(likely, told)?.verdict).toBe('drifting')
    expect(verdict([madeFinding({ severity: 'high', confidence: 'probable' })], told)?.verdict).toBe('drifting')
  })

  it('could not tell when nothing was entered, most registrations lead nowhere, or too little was examined', () => {
    const told = [
      evidence(rule, 4000, { assurance: 'outgoing calls have a limit' }),
      evidence('async/unawaited-bridge', 900),
      evidence('async/file-io-in-async', 5),
    ]
    const reach = { isKnown: true, files: 500, programs: 1, entries: 40, found: 40, lost: 0 }
    expect(verdict([], told, reach)?.verdict).toBe('nothing found')
    expect(verdict([], told, { ...reach, entries: 0, found: 0 })).toMatchObject({
      verdict: 'could not tell',
      because: expect.stringMatching(/^No route and no job was found in 500 files/),
    })
    expect(verdict([], told, { ...reach, lost: 226 })).toMatchObject({
      verdict: 'could not tell',
      because: expect.stringMatching(/^226 of 266 registrations of routes lead nowhere/),
    })
    expect(verdict([madeFinding()], told, { ...reach, lost: 226 })).toMatchObject({
      verdict: 'drifting',
      because: expect.stringMatching(/ 226 registrations of routes could not be followed; there may be more\.$/),
    })
    const little = [
      evidence(rule, 15, { assurance: 'jobs have a limit' }),
      evidence('async/unawaited-bridge', 1),
      evidence('async/file-io-in-async', 0),
    ]
    expect(verdict([], little, reach)).toMatchObject({
      verdict: 'could not tell',
      because: expect.stringMatching(/^Only 2 of 3 checks had something to examine in 500 files: /),
    })
    expect(verdict([], little, { ...reach, files: 8 })?.verdict).toBe('nothing found')
    expect(verdict([], told)?.verdict).toBe('nothing found')
  })

  it('says what the diagnosis of the decision says', () => {
    const causes = new Map([['async', 'Outgoing calls have no time-out.'] as const])
    const reach = { isKnown: true, files: 5, programs: 1, entries: 4, found: 4, lost: 0 }
    expect(verdict([madeFinding()], [evidence(rule, 40)], reach, causes)?.because).toBe(
      'Outgoing calls have no time-out.',
    )
    expect(verdict([], [evidence(rule, 40)], reach, causes)).toMatchObject({
      verdict: 'drifting',
      because: 'Outgoing calls have no time-out.',
    })
  })

  it('is nothing found only when something speaks for the decision, and says what', () => {
    const reach = { isKnown: true, files: 5, programs: 1, entries: 4, found: 4, lost: 0 }
    expect(verdict([], [evidence(rule, 40, { assurance: 'outgoing calls have a limit' })], reach)).toMatchObject({
      verdict: 'nothing found',
      because: 'Nothing found. Examined: async functions (40). For it speaks that outgoing calls have a limit.',
    })
    expect(verdict([], [evidence(rule, 40, { wouldAssure: 'outgoing calls have a limit' })], reach)).toMatchObject({
      verdict: 'could not tell',
      because:
        'Nothing found. Examined: async functions (40). But nothing was seen that speaks for it, such as that outgoing calls have a limit.',
    })
    expect(verdict([], [evidence(rule, 40)], reach)?.verdict).toBe('could not tell')
  })

  it('takes what a rule on trial saw for a fact, and what it could not tell for the reason', () => {
    const reach = { isKnown: true, files: 500, programs: 1, entries: 40, found: 40, lost: 0 }
    const trial = { trial: true, of: 'routes' }
    expect(
      verdict([], [evidence(rule, 40, { ...trial, assurance: 'Flask answers all 40 routes' })], reach),
    ).toMatchObject({
      verdict: 'nothing found',
      because: 'Nothing found. Examined: routes (40). For it speaks that Flask answers all 40 routes.',
    })
    expect(verdict([], [evidence(rule, 40, { ...trial, couldNotTell: 'No contract was seen.' })], reach)).toMatchObject(
      {
        verdict: 'could not tell',
        because: 'No contract was seen.',
      },
    )
  })

  it('says what it costs to reverse', () => expect(verdict([], [])?.costToReverse).toMatch(/^high/))
})
