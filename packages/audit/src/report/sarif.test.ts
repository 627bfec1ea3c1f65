import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { madeFinding } from '../findings/made-finding.ts'
import { HOSTILE, madeResult } from './made-result.ts'
import { PLAIN } from './report.ts'
import { sarif } from './sarif.ts'

// The OASIS schema as a development package ships it; it is not part of this repository.
// It names draft 4 and uses nothing that draft 7 reads differently but `id`.
const {
  $schema: _,
  id: __,
  ...schema
}: Record<string, unknown> = createRequire(import.meta.url)('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json')
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
addFormats.default(ajv)
const validate = ajv.compile(schema)

const log = (...args: Parameters<typeof madeResult>) => {
  const value = JSON.parse(sarif(madeResult(...args), PLAIN))
  expect(validate(value), JSON.stringify(validate.errors?.slice(0, 5))).toBe(true)
  return value.runs[0]
}

describe('SARIF', () => {
  it('is valid without findings, and tells what was not parsed', () => {
    const run = log()
    expect(run.results).toEqual([])
    expect(run.invocations[0].toolExecutionNotifications[0].message.text).toBe('Not parsed: unexpected indent')
  })

  it('has a place, a code flow, fingerprints, confidence and the rule’s page', () => {
    const run = log([madeFinding({ fanOut: 3 })])
    const [result] = run.results
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'app/main.py', uriBaseId: 'SRCROOT' },
      region: { startLine: 7 },
    })
    expect(
      result.codeFlows[0].threadFlows[0].locations.map(
        (step: { location: { message: { text: string } } }) => step.location.message.text,
      ),
    ).toEqual(['GET /', 'requests.get'])
    expect(result.properties).toMatchObject({ confidence: 'definite', fanOut: 3 })
    expect(result.partialFingerprints['footing/v1']).toBeTruthy()
    const rule = run.tool.driver.rules[result.ruleIndex]
    expect(rule).toMatchObject({ id: result.ruleId, help: { markdown: '# async/blocking-call-in-async\n' } })
    expect(rule.helpUri).toMatch(/async\/blocking-call-in-async\.md$/)
  })

  it('marks what comments allow and what the baseline knows', () => {
    const allowed = madeFinding({ path: 'a.py', silence: { by: 'comment', reason: 'start-up' } })
    const known = madeFinding({ path: 'b.py', silence: { by: 'baseline', reason: 'known' } })
    const run = log([madeFinding()], [allowed, known], { baseline: { known: 1, stale: [], kept: [] } })
    expect(
      run.results.map((result: { baselineState: string; suppressions?: unknown }) => [
        result.baselineState,
        result.suppressions,
      ]),
    ).toEqual([
      ['new', undefined],
      ['new', [{ kind: 'inSource', status: 'accepted', justification: 'start-up' }]],
      ['unchanged', undefined],
    ])
  })

  it('keeps hostile names inside a relative URI', () => {
    const [result] = log([madeFinding({ path: HOSTILE })]).results
    const { uri } = result.locations[0].physicalLocation.artifactLocation
    expect(uri).toMatch(/^[\w.~!*'()%/-]+$/)
    expect(decodeURIComponent(uri)).toBe(HOSTILE)
  })

  it('keeps the five thousand most important results', () => {
    expect(log(Array.from({ length: 5001 }, (_, line) => madeFinding({ line: line + 1 }))).results).toHaveLength(5000)
  })
})
