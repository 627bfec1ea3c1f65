// Impact: by how much a cause hurts this system, so that causes can be put in order. It is no unit of anything.
import type { Severity } from '../detection/detection.ts'
import type { Finding } from './finding.ts'

const WEIGHT: Readonly<Record<Severity, number>> = { critical: 100, high: 30, medium: 8, low: 1, info: 0.25 }
/** What is inferred weighs less than what is resolved. */
const PROBABLE = 0.6
/** Ten places of one kind hurt more than one, not ten times as much. */
const CROWD = 0.6

/**
 * Impact of findings: the weight of each place to mend by severity and confidence, added with a diminishing return;
 * times how far the widest reaches (doubling with each power of ten of routes, modules or tasks); times up to two for the
 * share of recent commits that meet it.
 */
export function impactOf(findings: readonly Finding[], changes: number | undefined): number {
  const sites = new Map<string, number>()
  let widest = 0
  for (const { rule, fixSite, severity, confidence, fanOut } of findings) {
    const key = `${rule}\0${fixSite.path}\0${fixSite.name}`
    const weight = WEIGHT[severity] * (confidence === 'definite' ? 1 : PROBABLE)
    sites.set(key, Math.max(sites.get(key) ?? 0, weight))
    widest = Math.max(widest, fanOut ?? 0)
  }
  const sum = [...sites.values()].reduce((total, weight) => total + weight, 0)
  const value = sum ** CROWD * (1 + Math.log10(1 + widest)) * (1 + (changes ?? 0))
  return Math.round(value * 100) / 100
}
