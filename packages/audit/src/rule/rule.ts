// The rule: metadata and one pure function a language from the program to detections. One file a rule, one page a rule.

import type { DecisionId } from '@footing/kernel'
import type { Detection, RuleId, Severity } from '../detection/detection.ts'
import type { ConfigFacts } from '../extract/config/contract.ts'
import type { History } from '../extract/git/contract.ts'
import type { Manifests } from '../extract/manifests/contract.ts'
import type { LanguageName } from '../facts/language-name.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { Program } from '../graph/contract.ts'
import type { AuditSettings } from '../settings/settings.ts'

/** Everything a rule may look at. Rules do no I/O, keep nothing between runs and never change what they are given. */
export interface RuleContext {
  /** Language of the program: each is judged by itself. */
  readonly language: LanguageName
  readonly program: Program
  /** Syntax of each module, at the module's id; `undefined` never: a file that did not parse is no module. */
  readonly trees: readonly SyntaxTree[]
  readonly config: ConfigFacts
  readonly history: History
  readonly settings: AuditSettings
  /** Every file of the audited tree, of whatever language, sorted, `/` between segments. */
  readonly paths: readonly string[]
  /** Packages and compilers of a tree with TypeScript in it. */
  readonly manifests: Manifests
}

/** What a rule looked at and what it found there. */
export interface RuleResult {
  readonly detections: readonly Detection[]
  /**
   * The denominator: how many things of which kind were judged, for example `{ count: 41, of: 'async functions' }`.
   * A count of 0 means that the rule has nothing to say about this repository (not applicable), not that nothing was found.
   */
  readonly examined: { readonly count: number; readonly of: string }
  /** Why the rule could not judge, as a sentence: "Not enough history: 12 commits." */
  readonly couldNotTell?: string
  /** What the rule saw that speaks for the decision, as the end of "For it speaks that …"; more than the absence of findings. */
  readonly assurance?: string
}

/** How long the repair takes at the median, in minutes, for a person who knows the code. */
export interface Effort {
  readonly minutes: number
  /** `site`: for each distinct fix site; `once`: for the repository; `report`: no estimate, a decision to take. */
  readonly per: 'site' | 'once' | 'report'
}

/** One rule of the catalogue. Exported as `rule` from `rules/<decision>/<name>.ts`; its page is `<name>.md` beside it. */
export interface Rule {
  /** Reads after "allow": `boundaries/import-cycle`. Never changes its meaning. */
  readonly id: RuleId
  readonly decision: DecisionId
  /** It judges the repository, whatever the language: it judges once, the first program that it reads. */
  readonly once?: true
  /** The usual severity; a detection may say otherwise. */
  readonly severity: Severity
  readonly effort: Effort
  /** A trial rule is reported and never fails a build. */
  readonly trial: boolean
  /** One sentence that says what the rule finds, with a full stop. */
  readonly summary: string
  /**
   * What its silence says for the decision when it has examined at least `from` things: only of rules that look for something
   * missing ("errors reach a tracker"), or that see all there is ("no files import each other in a circle").
   */
  readonly assures?: { readonly says: string; readonly from: number }
  /** What judges the program of a language. A language without an entry is not read, and the report says so. */
  readonly judges: Readonly<Partial<Record<LanguageName, Judge>>>
}

/** Judges one program. Pure. */
export type Judge = (context: RuleContext) => RuleResult

/** A rule as the reports describe it. */
export interface RuleDescription {
  readonly id: RuleId
  readonly summary: string
  readonly severity: Severity
  readonly effort: Effort
  readonly trial: boolean
  /** The page in Markdown. */
  readonly page: string
}
