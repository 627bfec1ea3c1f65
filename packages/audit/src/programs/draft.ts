// A program while it is being found: its roots, its evidence, and the modules that it turns out to load.
import type { Place } from '../facts/place.ts'
import type { ModuleId } from '../graph/contract.ts'
import type { ProgramEvidence, ProgramKind } from './contract.ts'

/** A program of one language before it is counted. */
export interface Draft {
  kind: ProgramKind
  readonly name: string
  readonly folder: string
  readonly roots: ModuleId[]
  readonly madeWith: Set<string>
  readonly evidence: ProgramEvidence[]
  routes: number
  /** It has routes for others than those who look whether it lives. */
  answers: boolean
  tasks: number
}

/** At most this many pieces of evidence are kept for one program. */
const MAX_EVIDENCE = 4

/** Drafts by kind and name, in the order in which they were first asked for. */
export class Drafts {
  readonly #all = new Map<string, Draft>()

  get all(): readonly Draft[] {
    return [...this.#all.values()]
  }

  of(kind: ProgramKind, name: string, folder: string): Draft {
    const key = `${kind}\0${folder}\0${name}`
    let draft = this.#all.get(key)
    if (draft === undefined) {
      draft = { kind, name, folder, roots: [], madeWith: new Set(), evidence: [], routes: 0, answers: false, tasks: 0 }
      this.#all.set(key, draft)
    }
    return draft
  }
}

/** Adds a reason, once for each place. */
export function because(draft: Draft, what: string, place: Place): void {
  const isKnown = draft.evidence.some((one) => one.what === what || one.place.path === place.path)
  if (!isKnown && draft.evidence.length < MAX_EVIDENCE) draft.evidence.push({ what, place })
}
