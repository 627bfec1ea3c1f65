// How deep the questions under way are nested, and how often one met itself: what keeps inference finite.

/** Nesting of questions beyond which the answer is "unknown": keeps hostile input off the call stack. */
const MAX_DEPTH = 300

/** The questions that are being answered. One per inference. */
export class OpenQuestions {
  /** How often a question met itself. */
  circles = 0
  #depth = 0

  /** No further question may be asked inside. */
  get isTooDeep(): boolean {
    return this.#depth > MAX_DEPTH
  }

  enter(): void {
    this.#depth++
  }

  leave(): void {
    this.#depth--
  }
}
