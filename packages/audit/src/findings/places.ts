// How far findings reach, counted the same way wherever a number is shown.
import type { Finding } from './finding.ts'

/**
 * How many distinct places: findings of one file and line are one, and a route of which it is only said that it awaits
 * nothing is none beside the call in it.
 */
export function placesOf(findings: readonly Finding[]): number {
  const whole = (finding: Finding): boolean => finding.rule === 'async/async-route-without-await'
  const inner = new Set(findings.filter((one) => !whole(one)).map(({ place, subject }) => `${place.path}\0${subject}`))
  const counted = findings.filter((one) => !whole(one) || !inner.has(`${one.place.path}\0${one.subject}`))
  return new Set(counted.map(({ place }) => `${place.path}:${place.line}`)).size
}

/** How many distinct files. */
export function filesOf(findings: readonly Finding[]): number {
  return new Set(findings.map(({ place }) => place.path)).size
}
