// One line of code, one advice: a route that is made plain `def` no longer blocks with any call in it.
import type { Finding } from './finding.ts'

const WHOLE = 'async/async-route-without-await'
const INNER: ReadonlySet<string> = new Set([
  'async/sync-database-in-async',
  'async/blocking-chain-in-async',
  'async/blocking-call-in-async',
  'async/sync-vendor-call-in-async',
  'async/cpu-work-on-event-loop',
  'async/file-io-in-async',
])

/** Tells of a finding which other one's repair removes it too: that of the function it stands in. */
export function wholeRepairs(findings: readonly Finding[]): (finding: Finding) => Finding | undefined {
  const wholes = new Map(
    findings
      .filter(({ rule, silence }) => rule === WHOLE && silence === undefined)
      .map((one) => [functionOf(one), one]),
  )
  return (finding) => (INNER.has(finding.rule) ? wholes.get(functionOf(finding)) : undefined)
}

/** The findings, each with the advice of the repair that removes it. */
export function adviseOnce(findings: readonly Finding[]): Finding[] {
  const wholeOf = wholeRepairs(findings)
  return findings.map((finding) => {
    const whole = wholeOf(finding)
    return whole === undefined ? finding : { ...finding, message: { ...finding.message, do: whole.message.do } }
  })
}

const functionOf = ({ place, subject }: Finding): string => `${place.path}\0${subject}`
