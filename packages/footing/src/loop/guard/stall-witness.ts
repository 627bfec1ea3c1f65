// Joins what is known of one stall: its length from the beat, its code from the watchdog, its handler from the contexts.
import { type CallContext, currentContext, type SectionWatch, watchSections } from '../../work/call-context.ts'
import type { Gap, Pulse } from './pulse.ts'
import { place, type Sample } from './shared-beat.ts'
import { describeFrame, mainFrame } from './stack-frame.ts'
import type { Attribution, Stall } from './stall.ts'

interface WitnessOptions {
  readonly defaultBudgetMs: number
  /** Age of the last beat from which the loop is suspected to stand still. */
  readonly suspectMs: number
  readonly budgets: ReadonlyMap<string, number>
  readonly report: (stall: Stall) => void
}

/** What contexts showed since the watchdog's suspicion. */
interface Evidence {
  /** Covered by a stretch of work without a break: certain. */
  section: CallContext | undefined
  /** Ended first: likely. */
  ended: CallContext | undefined
  /** True when that was before the pause. */
  endedFirst: boolean
  /** Read by the watchdog's pause; `noted` tells it from "outside of any". */
  sampled: CallContext | undefined
  noted: boolean
  /** Requests that began after the suspicion: they cannot have caused it. */
  readonly later: WeakSet<CallContext['origin']>
}

/** The watchdog's message comes a turn or two after the beat; later than this it does not come. */
const messageMs = 250
/** Deepest stack that is told. */
const mostFrames = 8

/** Collects evidence and reports each stall once. */
export class StallWitness {
  readonly #view: Int32Array
  readonly #options: WitnessOptions
  #evidence: Evidence = newEvidence()
  #waiting: { readonly gap: Gap; readonly evidence: Evidence; readonly timer: NodeJS.Timeout } | undefined
  #sample: Sample | undefined
  #blind = true
  #watch: SectionWatch | undefined
  #overdue: (() => boolean) | undefined

  constructor(view: Int32Array, options: WitnessOptions) {
    this.#view = view
    this.#options = options
  }

  /** Begins to follow the sections of contexts, and lets the pulse know of them; the result ends it. */
  listen(pulse: Pulse): () => void {
    const { suspectMs } = this.#options
    this.#overdue = () => pulse.overdue(suspectMs)
    this.#watch = {
      load: pulse,
      suspicion: this.#view.subarray(place.suspected, place.suspected + 1),
      overdue: this.#blind ? this.#overdue : undefined,
      entered: (context) => {
        // What begins under the suspicion is not its cause.
        if (context.isRoot) this.#evidence.later.add(context.origin)
      },
      left: (context) => {
        this.#evidence.section ??= context
      },
      ended: (context) => {
        const { later, noted, ended } = this.#evidence
        if (ended !== undefined || later.has(context.origin)) return
        this.#evidence.ended = context
        this.#evidence.endedFirst = !noted
      },
    }
    watchSections(this.#watch)
    return () => watchSections(undefined)
  }

  /** True while no watchdog looks: before it is up, or where there cannot be one. Then contexts ask the clock. */
  set blind(blind: boolean) {
    this.#blind = blind
    if (this.#watch !== undefined) this.#watch.overdue = blind ? this.#overdue : undefined
  }

  /** Called by the watchdog through the inspector, while the stalled code is paused. */
  note(): void {
    const context = currentContext()
    const evidence = this.#evidence
    if (context !== undefined && evidence.later.has(context.origin)) return
    evidence.sampled = context
    evidence.noted = true
  }

  /** The loop has turned in time: what a suspicion brought together is not needed. */
  passed(): void {
    const { section, ended, noted } = this.#evidence
    if (section !== undefined || ended !== undefined || noted) this.#evidence = newEvidence()
  }

  /** The loop turns again after a stall. */
  ended(gap: Gap): void {
    const evidence = this.#evidence
    this.#evidence = newEvidence()
    this.#flush()
    if (this.#sample?.beat === gap.beat || this.#blind || !evidence.noted) {
      this.#report(gap, evidence, this.#sample?.beat === gap.beat ? this.#sample : undefined)
      return
    }
    const timer = setTimeout(() => this.#flush(), messageMs)
    timer.unref()
    this.#waiting = { gap, evidence, timer }
  }

  /** Takes what the watchdog saw. */
  sampled(sample: Sample): void {
    this.#sample = sample
    if (this.#waiting?.gap.beat === sample.beat) this.#flush()
  }

  /** Tells what is still open. */
  close(): void {
    this.#flush()
  }

  #flush(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    clearTimeout(waiting.timer)
    this.#report(waiting.gap, waiting.evidence, this.#sample?.beat === waiting.gap.beat ? this.#sample : undefined)
  }

  #report(gap: Gap, evidence: Evidence, sample: Sample | undefined): void {
    this.#sample = undefined
    const seen = (sample?.frames ?? []).map((frame) => describeFrame(frame, libraryFolder()))
    const { attribution, context, late } = attribute(evidence, mainFrame(seen) !== undefined)
    const frames = late ? [] : seen
    const route = context?.origin.route
    const budgetMs = this.#options.budgets.get(route ?? '') ?? this.#options.defaultBudgetMs
    this.#options.report({
      durationMs: gap.busyMs,
      cpuMs: gap.cpuMs,
      handler: context && handlerOf(context),
      module: context?.module,
      route,
      attribution,
      context,
      frame: mainFrame(frames),
      innermost: frames[0],
      stack: frames.slice(0, mostFrames),
      budgetMs,
      withinBudget: gap.busyMs <= budgetMs,
    })
  }
}

function newEvidence(): Evidence {
  return {
    section: undefined,
    ended: undefined,
    endedFirst: false,
    sampled: undefined,
    noted: false,
    later: new WeakSet(),
  }
}

/**
 * A pause can come late, when the stall was inside of native code; by then the work may have gone on to somebody else.
 * A section that covered the suspicion cannot be wrong, but the sample may lie deeper in the same request. Work that ended
 * before the pause came had the loop before the pause did. And a pause in nothing but Footing's own code is one that came
 * when the handler's function was just over. `inside` says that the sample shows somebody else's code.
 */
function attribute({ section, sampled, noted, ended, endedFirst }: Evidence, inside: boolean): Attributed {
  if (section !== undefined && (sampled === undefined || sampled.origin !== section.origin)) {
    return { attribution: 'section', context: section, late: true }
  }
  if (ended !== undefined && (endedFirst || !inside)) return { attribution: 'end', context: ended, late: true }
  if (sampled !== undefined) return { attribution: 'sample', context: sampled, late: false }
  return { attribution: noted ? 'sample' : 'none', context: undefined, late: !noted }
}

interface Attributed {
  readonly attribution: Attribution
  readonly context: CallContext | undefined
  /** True when the sample, if any, shows code that ran after the stall. */
  readonly late: boolean
}

function handlerOf({ module, operation }: CallContext): string | undefined {
  if (operation === undefined) return undefined
  return module === undefined || operation.includes(' ') ? operation : `${module}.${operation}`
}

/** Two folders up: what Footing is loaded from, sources or built files. */
function libraryFolder(): string {
  return new URL('../../analytic/', import.meta.url).href
}
