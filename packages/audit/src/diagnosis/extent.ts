// The extent of a cause, counted over its findings and said in words.
import { count } from '../detection/words.ts'
import type { Finding } from '../findings/finding.ts'
import type { DiagnosisContext } from './diagnosis.ts'

export { filesOf, placesOf } from '../findings/places.ts'

/** Findings of these rules. */
export function ofRules({ findings }: DiagnosisContext, rules: readonly string[]): readonly Finding[] {
  return findings.filter(({ rule }) => rules.includes(rule))
}

/** The edit that removes most of the findings, and how many: `api.db:resolve_model` and 39. */
function mainSite(findings: readonly Finding[]): { readonly name: string; readonly count: number } {
  const counts = new Map<string, number>()
  for (const { fixSite } of findings) counts.set(fixSite.name, (counts.get(fixSite.name) ?? 0) + 1)
  const [best] = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  return { name: best?.[0] ?? '', count: best?.[1] ?? 0 }
}

/** `, 39 of them behind \`resolve_model\`` when one edit removes a good part of them; else ''. */
export function behind(findings: readonly Finding[]): string {
  const { name, count } = mainSite(findings)
  const function_ = name.slice(name.indexOf(':') + 1)
  return count >= 3 && count < findings.length && function_ !== '' && !function_.startsWith('<')
    ? `, ${count} of them behind \`${function_}\``
    : ''
}

/** The largest number of routes that one of the findings reaches. */
export function widest(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(({ fanOut }) => fanOut ?? 0))
}

/** `7 of 205 routes`, at most all of them; '' when no number is known. */
export function routesReached({ programs }: DiagnosisContext, findings: readonly Finding[]): string {
  const all = programs.programs.reduce((sum, { kind, routes }) => sum + (kind === 'server' ? routes : 0), 0)
  const reached = Math.min(widest(findings), all)
  return reached === 0 || all === 0 ? '' : `${count(reached)} of ${count(all)} routes`
}

/** Distinct values, most frequent first. */
export function frequent(values: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([value]) => value)
}
