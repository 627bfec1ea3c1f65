// What a rule detects at one place: plain data, no words of a terminal, no lines of a format.
import type { DecisionId } from '@footing/kernel'
import type { Confidence, Place } from '../facts/place.ts'

/** How much it hurts when it is true; independent of how sure we are. */
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'info'

/** Severities, worst first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info']

/** Confidences, surest first. `possible` findings are counted and held back unless asked for. */
export const CONFIDENCES: readonly Confidence[] = ['definite', 'probable', 'possible']

/** What a finding is about: one of the eight decisions, or the audit itself (a suppression without a reason). */
export type Topic = DecisionId | 'audit'

/** A rule's id as written after "allow": `boundaries/import-cycle`. */
export type RuleId = `${Topic}/${string}`

/** Three sentences for a person: what is wrong here, why it matters, what to do. No line numbers, no trailing advice. */
export interface Message {
  /** Names the thing and the cause: "`sync_user` calls `requests.get`, which waits for the network." */
  readonly what: string
  /** The cost, with this place's numbers: "Every other request of this worker waits with it; 14 routes reach it." */
  readonly why: string
  /** One action: "Use `httpx.AsyncClient`, or hand the call to `asyncio.to_thread`." */
  readonly do: string
}

/** One step of a chain, in order from the entry to the cause; drawn in the terminal, a code flow in SARIF. */
export interface ChainStep extends Place {
  /** What happens there: `GET /users`, `load_user()`, `requests.get`, `shop.orders imports shop.cart`. */
  readonly label: string
  /** The label in parts when the step is an arrow of a circle, so that it can be drawn. */
  readonly arrow?: { readonly from: string; readonly verb: string; readonly to: string }
}

/** Another place that belongs to the finding: the other end of an import, the second service, the declaration. */
export interface RelatedPlace extends Place {
  readonly label: string
}

/** The place where one edit removes the finding. Findings of a rule with one fix site are one group. */
export interface FixSite extends Place {
  /** What to edit, for people and for the fingerprint of the group: `repos.tags:page_all`. */
  readonly name: string
}

/** What a rule returns for one place. The engine adds the rule, the fingerprint and the excerpt. */
export interface Detection {
  /** 1-based line; 1 for a whole file. */
  readonly place: Place
  /**
   * Qualified name inside the file, for example `Orders.create`, `<module>`, or the thing of a configuration file;
   * `<file>` and `<repository>` for what concerns a whole one: no source line is shown then.
   */
  readonly subject: string
  /** What was seen, without lines, numbers that drift or formatting: `requests.get`. Part of the fingerprint. */
  readonly evidence: string
  readonly message: Message
  readonly confidence: Confidence
  /** When it differs from the rule's. */
  readonly severity?: Severity
  readonly chain?: readonly ChainStep[]
  readonly related?: readonly RelatedPlace[]
  /** How many routes (or tasks, modules: see the message) are affected; ranks findings of one severity. */
  readonly fanOut?: number
  /** The place itself when absent. */
  readonly fixSite?: FixSite
  /** Minutes for this fix site when they differ from the rule's. */
  readonly minutes?: number
}
