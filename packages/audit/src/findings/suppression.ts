// Suppression comments: `# footing: allow <rule>[, <rule>] -- reason`, at the end of the line or on the line above it.
import type { Detection, RuleId } from '../detection/detection.ts'

/** A suppression comment as it was written. */
export interface Suppression {
  readonly path: string
  readonly line: number
  readonly rules: readonly string[]
  /** Empty when the writer gave none; then it silences nothing. */
  readonly reason: string
}

const form = /(?:#|\/\/|--|;)\s*footing:\s*allow\s+([^#]*)$/i

/** Reads one comment or line of a file; undefined when it is no suppression. */
export function parseSuppression(path: string, line: number, text: string): Suppression | undefined {
  const match = form.exec(text)
  if (match === null) return undefined
  const [ids = '', ...reason] = (match[1] ?? '').split(/\s--(?:\s|$)/)
  return {
    path,
    line,
    rules: ids.split(/[\s,]+/).filter((id) => id !== ''),
    reason: reason.join(' -- ').trim(),
  }
}

/** What the comments of a run silence, and the faults of the comments themselves. */
export class Suppressions {
  readonly #byPlace = new Map<string, Suppression>()
  readonly #used = new Set<string>()

  constructor(all: Iterable<Suppression>) {
    for (const suppression of all) this.#byPlace.set(`${suppression.path}\0${suppression.line}`, suppression)
  }

  /** The reason that silences a detection at its place or at its fix site, or undefined. */
  reasonFor(rule: RuleId, detection: Detection): string | undefined {
    const places = detection.fixSite === undefined ? [detection.place] : [detection.place, detection.fixSite]
    for (const place of places) {
      for (const line of [place.line, place.line - 1]) {
        const key = `${place.path}\0${line}`
        const suppression = this.#byPlace.get(key)
        if (suppression === undefined || !suppression.rules.includes(rule) || suppression.reason === '') continue
        this.#used.add(`${key}\0${rule}`)
        return suppression.reason
      }
    }
    return undefined
  }

  /**
   * Detections about the comments: no reason, an unknown rule, nothing to silence. Rules that did not run are not
   * judged. `known` holds every id of the catalogue, `ran` those of this run.
   */
  faults(known: ReadonlySet<string>, ran: ReadonlySet<string>): { rule: RuleId; detection: Detection }[] {
    const faults: { rule: RuleId; detection: Detection }[] = []
    for (const [key, suppression] of this.#byPlace) {
      if (suppression.reason === '') faults.push(withoutReason(suppression))
      for (const id of suppression.rules) {
        if (!known.has(id)) faults.push(unknownRule(suppression, id, known))
        else if (suppression.reason !== '' && ran.has(id) && !this.#used.has(`${key}\0${id}`)) {
          faults.push(unused(suppression, id))
        }
      }
    }
    return faults
  }
}

function withoutReason(suppression: Suppression) {
  const ids = suppression.rules.join(', ') || 'a rule'
  return fault('audit/suppression-without-reason', suppression, ids, {
    what: `A comment allows ${ids} and gives no reason, so it silences nothing.`,
    why: 'Nobody can tell later whether the exception still holds.',
    do: `Write the reason after two dashes: \`# footing: allow ${suppression.rules[0] ?? 'decision/rule'} -- why\`.`,
  })
}

function unknownRule(suppression: Suppression, id: string, known: ReadonlySet<string>) {
  const near = [...known].sort().find((rule) => rule.endsWith(`/${id}`) || rule.split('/')[1] === id.split('/').at(-1))
  return fault('audit/unknown-rule-allowed', suppression, id, {
    what: `A comment allows ${id}, which is no rule.`,
    why: 'The comment silences nothing, and whoever reads it believes otherwise.',
    do: near === undefined ? 'Correct the name or delete the comment.' : `Write ${near}.`,
  })
}

function unused(suppression: Suppression, id: string) {
  return fault('audit/unused-suppression', suppression, id, {
    what: `A comment allows ${id} here, and nothing is found here any more.`,
    why: 'It would hide the next one that somebody writes on this line.',
    do: 'Delete the comment.',
  })
}

function fault(rule: RuleId, { path, line }: Suppression, id: string, message: Detection['message']) {
  const detection: Detection = {
    place: { path, line },
    subject: '<comment>',
    evidence: id,
    message,
    confidence: 'definite',
  }
  return { rule, detection }
}
