// A generated part between two markers of a file that people write: only the part is replaced.
import { cliErrors } from '../command/errors.ts'

/** The markers, as whole lines. */
export interface Markers {
  readonly begin: string
  readonly end: string
}

/** What stands between the markers, or undefined when there are none. @throws `map-markers-broken` */
export function sectionOf(text: string, markers: Markers, file: string): string | undefined {
  const lines = linesOf(text)
  const place = placeOf(lines, markers, file)
  return place === undefined
    ? undefined
    : lines
        .slice(place.begin + 1, place.end)
        .map(withoutReturn)
        .join('\n')
}

/** The file with the part replaced; without markers the part is added at the end. @throws `map-markers-broken` */
export function withSection(text: string, section: string, markers: Markers, file: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const part = [markers.begin, ...section.split('\n'), markers.end]
  const lines = linesOf(text).map(withoutReturn)
  const place = placeOf(lines, markers, file)
  if (place !== undefined) return [...lines.slice(0, place.begin), ...part, ...lines.slice(place.end + 1)].join(newline)
  while (lines.at(-1) === '') lines.pop()
  return [...lines, ...(lines.length === 0 ? [] : ['']), ...part, ''].join(newline)
}

function placeOf(lines: readonly string[], { begin, end }: Markers, file: string) {
  const places = (marker: string) => lines.flatMap((line, index) => (line.trim() === marker ? [index] : []))
  const [begins, ends] = [places(begin), places(end)]
  if (begins.length === 0 && ends.length === 0) return undefined
  const [first, last] = [begins[0], ends[0]]
  if (begins.length !== 1 || ends.length !== 1 || first === undefined || last === undefined || last < first) {
    throw cliErrors('map-markers-broken', { details: { file, begin, end } })
  }
  return { begin: first, end: last }
}

const linesOf = (text: string): string[] => text.split('\n')
const withoutReturn = (line: string): string => line.replace(/\r$/, '')
