// What the audit saw, in sentences: shared by the formats for people.
import { count, counted } from '../detection/words.ts'
import type { AuditResult } from '../result/audit-result.ts'
import type { DecisionScore } from '../scorecard/scorecard.ts'

/** One sentence a fact, the most important first; limits that were not met are not mentioned. */
export function coverageSentences(result: AuditResult): string[] {
  const { files, lines, unparsed, passedBy, problems, imports, calls, history, heldBack } = result.coverage
  const sentences = [
    `${counted(files.parsed, 'source file')} parsed, ${counted(lines, 'line')}; ${counted(files.configuration, 'configuration file')}.`,
    `Imports: ${share(imports.resolved + imports.external, imports.statements)} lead somewhere known. Calls: ${share(calls.resolved, calls.total)} resolved.`,
  ]
  if (heldBack > 0)
    sentences.push(
      `${count(heldBack)} ${heldBack === 1 ? 'finding' : 'findings'} by name only held back: --min-confidence possible shows ${heldBack === 1 ? 'it' : 'them'}.`,
    )
  if (result.coverage.repeated > 0)
    sentences.push(
      `${counted(result.coverage.repeated, 'finding')} that would say the same again ${result.coverage.repeated === 1 ? 'is' : 'are'} told with the cause alone.`,
    )
  if (unparsed.length > 0) {
    const named = unparsed
      .slice(0, 3)
      .map((file) => `${file.path}${file.line > 0 ? `:${file.line}` : ''} (${file.reason})`)
    const more = unparsed.length > 3 ? `; ${unparsed.length - 3} more in the JSON` : ''
    sentences.push(`Not parsed: ${unparsed.length}. ${named.join('; ')}${more}.`)
  }
  if (passedBy.length > 0) {
    const reasons = [...new Set(passedBy.map(({ reason }) => reason))].sort()
    const counts = reasons.map((reason) => `${reason} (${passedBy.filter((entry) => entry.reason === reason).length})`)
    sentences.push(`Passed by: ${counts.join(', ')}.`)
  }
  if (problems.length > 0) {
    const [first] = problems
    sentences.push(`Configuration not read: ${problems.length}. ${first?.path} (${first?.reason}).`)
  }
  if (!history.enough) sentences.push(`History: ${history.reason || `not enough history, ${history.commits} commits`}.`)
  if (result.silenced.length > 0) {
    const allowed = result.silenced.filter((finding) => finding.silence?.by === 'comment').length
    const known = result.silenced.length - allowed
    sentences.push(`Silenced: ${allowed} by comments with a reason, ${known} known from the baseline.`)
  }
  if (result.baseline !== undefined && result.baseline.stale.length > 0) {
    sentences.push(`${result.baseline.stale.length} baseline entries are gone: --update-baseline drops them.`)
  }
  const apart = result.apart.length
  if (apart > 0)
    sentences.push(
      `${counted(apart, 'finding')} in programs judged apart: the JSON report has ${apart === 1 ? 'it' : 'them'}.`,
    )
  return sentences
}

/** What a change of mind costs, without the word for how much that is: `months`, `weeks for each kind of state`. */
export function costOf({ costToReverse }: DecisionScore): string {
  return costToReverse.slice(costToReverse.indexOf(': ') + 1).trim()
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${Math.floor((100 * part) / whole)} % of ${count(whole)}`
}
