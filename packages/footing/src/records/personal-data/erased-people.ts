// Who was erased: asked before a request is let in, so that no token or session of theirs opens anything.

/**
 * How long "not erased" is believed, in milliseconds of this process: a page that asks ten things at once asks the database
 * once. An erasure waits as long before it ends, so behind its end nobody believes it any more.
 */
export const believedMs = 200

const mostKnown = 10_000

/** Remembers for a moment who was not erased. */
export class ErasedPeople {
  readonly #ask: (subject: string) => Promise<boolean>
  readonly #believedUntil = new Map<string, number>()

  /** @param ask looks it up: in the database, or over the port of a module that has one */
  constructor(ask: (subject: string) => Promise<boolean>) {
    this.#ask = ask
  }

  /** True when the person was erased, or is being erased. */
  async has(subject: string): Promise<boolean> {
    const asked = performance.now()
    if ((this.#believedUntil.get(subject) ?? 0) > asked) return false
    const erased = await this.#ask(subject)
    if (this.#believedUntil.size >= mostKnown) this.#believedUntil.clear()
    if (erased) this.#believedUntil.delete(subject)
    // From when it was asked: an erasure may have begun while the answer was on its way.
    else this.#believedUntil.set(subject, asked + believedMs)
    return erased
  }
}
