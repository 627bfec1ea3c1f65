// The values that this process has seen last, for the time when Redis is away. Bounded in number and size.

const mostValues = 1000
const mostCharacters = 8 * 2 ** 20

/** JSON texts by key; those that were not asked for the longest go first. */
export class LastValues {
  readonly #texts = new Map<string, string>()
  #characters = 0

  keep(key: string, text: string): void {
    this.forget(key)
    if (text.length > mostCharacters / 8) return
    this.#texts.set(key, text)
    this.#characters += text.length
    while (this.#texts.size > mostValues || this.#characters > mostCharacters) this.forget(oldest(this.#texts))
  }

  find(key: string): string | undefined {
    const text = this.#texts.get(key)
    if (text !== undefined) {
      this.#texts.delete(key)
      this.#texts.set(key, text)
    }
    return text
  }

  forget(key: string): void {
    const text = this.#texts.get(key)
    if (text === undefined) return
    this.#characters -= text.length
    this.#texts.delete(key)
  }
}

// A Map keeps the order of insertion.
function oldest(texts: ReadonlyMap<string, string>): string {
  for (const key of texts.keys()) return key
  return ''
}
