// What has no name in the code is called what people call it: the route that it answers, or the function around it.
import type { Detection } from '../detection/detection.ts'
import { withoutNameless } from '../detection/words.ts'
import type { Program } from '../graph/contract.ts'

const NAMELESS = /`[^`\s]*<(?:function|lambda)>[^`\s]*`/g

/** The detections, with `POST /orders` where a message says `<function>`. */
export function withPlainNames(
  detections: readonly Detection[],
  programs: readonly Pick<Program, 'entries' | 'functionInfo' | 'modules'>[],
): readonly Detection[] {
  if (!detections.some(({ message }) => isNameless(message.what) || isNameless(message.do))) return detections
  const labels = nameless(programs)
  return detections.map((detection) => {
    const { message, place } = detection
    if (!isNameless(message.what) && !isNameless(message.do) && !isNameless(message.why)) return detection
    const inside = (labels.get(place.path) ?? [])
      .filter(({ line, endLine }) => line <= place.line && place.line <= endLine)
      .sort((a, b) => b.line - a.line)[0]
    const plain = (text: string): string =>
      capital(withoutNameless(inside === undefined ? text : text.replace(NAMELESS, `\`${inside.label}\``)))
    return { ...detection, message: { what: plain(message.what), why: plain(message.why), do: plain(message.do) } }
  })
}

interface Nameless {
  readonly line: number
  readonly endLine: number
  readonly label: string
}

const isNameless = (text: string): boolean => text.includes('<function>') || text.includes('<lambda>')

const capital = (text: string): string => (text.startsWith('a function') ? `A${text.slice(1)}` : text)

/** Routes and jobs that a function without a name answers, by file. */
function nameless(
  programs: readonly Pick<Program, 'entries' | 'functionInfo' | 'modules'>[],
): ReadonlyMap<string, readonly Nameless[]> {
  const found = new Map<string, Nameless[]>()
  for (const program of programs)
    for (const { function: fn, label } of program.entries) {
      const { kind, module, line, endLine } = program.functionInfo(fn)
      const path = program.modules[module]?.path
      if (kind !== 'lambda' || path === undefined) continue
      found.set(path, [...(found.get(path) ?? []), { line, endLine, label }])
    }
  return found
}
