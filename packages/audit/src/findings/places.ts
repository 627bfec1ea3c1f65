// How far findings reach, counted the same way wherever a number is shown.
import type { Finding } from './finding.ts'

/**
 * A finding for each distinct place: findings of one file and line are one, and a route of which it is only said that it
 * awaits nothing is none beside the call in it.
 */
export function distinctPlaces(findings: readonly Finding[]): readonly Finding[] {
  const whole = (finding: Finding): boolean => finding.rule === 'async/async-route-without-await'
  const inner = new Set(findings.filter((one) => !whole(one)).map(({ place, subject }) => `${place.path}\0${subject}`))
  const taken = new Set<string>()
  return findings.filter((one) => {
    if (whole(one) && inner.has(`${one.place.path}\0${one.subject}`)) return false
    const place = `${one.place.path}:${one.place.line}`
    if (taken.has(place)) return false
    taken.add(place)
    return true
  })
}

/** How many distinct places. */
export function placesOf(findings: readonly Finding[]): number {
  return distinctPlaces(findings).length
}

/** How many distinct files. */
export function filesOf(findings: readonly Finding[]): number {
  return new Set(findings.map(({ place }) => place.path)).size
}
