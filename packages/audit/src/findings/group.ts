// Grouping by fix site: what one edit removes is told once.
import type { Finding } from './finding.ts'

/** Findings of one rule with one fix site, most important first. */
export interface FindingGroup {
  readonly first: Finding
  readonly others: readonly Finding[]
}

/** Groups findings, keeping their order: a group stands where its most important finding stands. */
export function groupByFixSite(findings: readonly Finding[]): FindingGroup[] {
  const groups = new Map<string, { first: Finding; others: Finding[] }>()
  for (const finding of findings) {
    const key = [finding.rule, finding.fixSite.path, finding.fixSite.name].join('\0')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { first: finding, others: [] })
    else group.others.push(finding)
  }
  return [...groups.values()]
}
