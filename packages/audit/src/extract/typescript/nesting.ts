// Keeps files away from the parser that would bring the process down: its recursion has no limit of its own.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * Levels at which the parser overflows the stack of a worker thread (4 MB), measured with version 0.159 for the worst
 * construct (`A<A<…` and templates in templates) and rounded down. Files that may come near are tried in a process of
 * their own first.
 */
const LIMIT = 1_900
const SAFE_SHARE = 0.6
const SAFE_BYTES = 1_000
const MAX_OPEN = 4_000
const TRIAL_MS = 20_000

/** Words after which an operand must follow, so that a line that ends in one goes on. */
const OPEN_WORDS = new Set(
  'await typeof void delete new return yield else in of instanceof extends case do throw as keyof satisfies readonly infer unique is asserts'.split(
    ' ',
  ),
)
/** Words that go on with what the line above began. */
const JOINING = new Set('else catch finally as satisfies instanceof in of extends implements is while'.split(' '))
/** Words that may nest in a statement that ended in `)`. */
const BRANCHING = new Set('if for while do with'.split(' '))

const Before = { Nothing: 0, Word: 1, Closer: 2, Text: 3, Operator: 4 } as const

/** Whether the parser can be given these bytes without a danger to this process. */
export function isSafelyNested(bytes: Uint8Array, length: number, path: string): boolean {
  return length < SAFE_BYTES || nesting(bytes, length, !/\.[cm]?ts$/i.test(path)) < SAFE_SHARE
}

/**
 * How near a text may come to overflowing the stack; 1 is the edge. An upper bound: each token nests one level until
 * something at its own level ends it, which is a `;`, a `,`, or a new line that surely begins another statement.
 */
export function nesting(bytes: Uint8Array, length: number, hasElements = false): number {
  return new NestingMeter(bytes, length, hasElements).measure()
}

/** One reading of a text, token by token. */
class NestingMeter {
  readonly #bytes: Uint8Array
  readonly #length: number
  readonly #hasElements: boolean
  /** Tokens that are open at each level of brackets, and whether the level is an insertion of a template. */
  readonly #counts = new Int32Array(MAX_OPEN + 1)
  readonly #isInsertion = new Uint8Array(MAX_OPEN + 1)
  #open = 0
  #sum = 0
  #most = 0
  #angles = 0
  #deepestAngle = 0
  #before: number = Before.Nothing
  #wordStart = 0
  #wordEnd = 0
  #isNewLine = false

  constructor(bytes: Uint8Array, length: number, hasElements: boolean) {
    this.#bytes = bytes
    this.#length = length
    this.#hasElements = hasElements
  }

  measure(): number {
    for (let at = 0; at < this.#length; at++) {
      const c = this.#bytes[at]!
      if (c === 10) this.#isNewLine = true
      else if (c > 32) at = isWordByte(c) ? this.#word(at) : this.#sign(at, c)
      if (this.#open > MAX_OPEN) return Number.POSITIVE_INFINITY
    }
    return (this.#most + (this.#hasElements ? this.#deepestAngle : 0)) / LIMIT
  }

  #text(from: number, to: number): string {
    return to - from > 12 ? '' : String.fromCharCode(...this.#bytes.subarray(from, to))
  }

  #token(kind: number): void {
    this.#counts[this.#open] = this.#counts[this.#open]! + 1
    if (++this.#sum > this.#most) this.#most = this.#sum
    this.#before = kind
    this.#isNewLine = false
  }

  #end(): void {
    this.#sum -= this.#counts[this.#open]!
    this.#counts[this.#open] = 0
  }

  /** A name, keyword or number; gives its last byte, as the methods below do for what they read. */
  #word(from: number): number {
    const bytes = this.#bytes
    let at = from
    while (at + 1 < this.#length && isWordByte(bytes[at + 1]!)) at++
    const mayBegin = this.#isNewLine && this.#before !== Before.Operator && this.#before !== Before.Nothing
    if (mayBegin && !this.#goesOn(this.#text(from, at + 1), bytes[at + 1] === 58)) this.#end()
    this.#wordStart = from
    this.#wordEnd = at + 1
    this.#token(Before.Word)
    return at
  }

  /** Whether a word at the beginning of a line goes on with what the line above began. */
  #goesOn(next: string, isLabel: boolean): boolean {
    return (
      JOINING.has(next) ||
      isLabel ||
      (this.#before === Before.Word && this.#isAfterOpenWord()) ||
      (this.#before === Before.Closer && BRANCHING.has(next))
    )
  }

  #isAfterOpenWord(): boolean {
    return OPEN_WORDS.has(this.#text(this.#wordStart, this.#wordEnd))
  }

  #sign(at: number, c: number): number {
    switch (c) {
      case 34:
      case 39:
        return this.#quoted(at, c)
      case 96:
        this.#token(Before.Text)
        return this.#template(at + 1)
      case 47:
        return this.#slash(at)
      case 40:
      case 91:
      case 123:
        this.#token(Before.Operator)
        this.#openLevel(0)
        return at
      case 41:
      case 93:
      case 125:
        return this.#close(at, c)
      case 59:
      case 44:
        this.#end()
        this.#before = Before.Operator
        this.#isNewLine = false
        return at
      case 60:
      case 62:
        this.#angle(at, c)
        return at
      default:
        this.#token(Before.Operator)
        return at
    }
  }

  #openLevel(isInsertion: 0 | 1): void {
    this.#open++
    if (this.#open > MAX_OPEN) return
    this.#isInsertion[this.#open] = isInsertion
    this.#counts[this.#open] = 0
  }

  #close(at: number, c: number): number {
    if (this.#open > 0) {
      this.#end()
      this.#open--
      if (c === 125 && this.#isInsertion[this.#open + 1] === 1) return this.#template(at + 1)
    }
    this.#before = Before.Closer
    this.#isNewLine = false
    return at
  }

  #quoted(from: number, quote: number): number {
    const bytes = this.#bytes
    let at = from + 1
    for (; at < this.#length && bytes[at] !== quote && bytes[at] !== 10; at++) if (bytes[at] === 92) at++
    this.#token(Before.Text)
    // An apostrophe in the text of an element: only the rest of its line is lost.
    return bytes[at] === 10 ? from : at
  }

  /** From inside a template: to its end, or to the next `${`. */
  #template(from: number): number {
    const bytes = this.#bytes
    let at = from
    for (; at < this.#length && bytes[at] !== 96; at++) {
      if (bytes[at] === 92) at++
      else if (bytes[at] === 36 && bytes[at + 1] === 123) {
        this.#token(Before.Operator)
        this.#openLevel(1)
        return at + 1
      }
    }
    this.#before = Before.Text
    return at
  }

  /** A comment, a division or a regular expression. */
  #slash(from: number): number {
    const bytes = this.#bytes
    let at = from
    if (bytes[at + 1] === 47) {
      while (at + 1 < this.#length && bytes[at + 1] !== 10) at++
      return at
    }
    if (bytes[at + 1] === 42) {
      for (at += 2; at < this.#length && !(bytes[at] === 42 && bytes[at + 1] === 47); at++) {
        if (bytes[at] === 10) this.#isNewLine = true
      }
      return at + 1
    }
    const isDivision =
      this.#before === Before.Closer ||
      this.#before === Before.Text ||
      (this.#before === Before.Word && !this.#isAfterOpenWord())
    this.#token(isDivision ? Before.Operator : Before.Text)
    return isDivision || bytes[at - 1] === 60 ? at : endOfPattern(bytes, at, this.#length)
  }

  /** `<` and `>`: type arguments, comparisons, or elements. */
  #angle(at: number, c: number): void {
    const bytes = this.#bytes
    if (c === 60) {
      // An element on a line of its own follows one that has ended, or is counted among the open ones.
      if (this.#hasElements && this.#isNewLine) this.#end()
      if (bytes[at + 1] === 47) this.#angles -= this.#angles > 0 ? 1 : 0
      else if (++this.#angles > this.#deepestAngle) this.#deepestAngle = this.#angles
    } else if (this.#angles > 0) {
      const closesElement = bytes[at - 1] === 47
      const closesArguments = !this.#hasElements && bytes[at - 1] !== 61
      if (closesElement || closesArguments) this.#angles--
    }
    this.#token(Before.Operator)
  }
}

const isWordByte = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || c === 95 || c === 36 || c >= 128

/** Where a regular expression ends; where it begins when the line has no end for it. */
function endOfPattern(bytes: Uint8Array, start: number, length: number): number {
  let isClass = false
  for (let at = start + 1; at < length && bytes[at] !== 10; at++) {
    const c = bytes[at]
    if (c === 92) at++
    else if (c === 91) isClass = true
    else if (c === 93) isClass = false
    else if (c === 47 && !isClass) return at
  }
  return start
}

/** Whether the parser lives through a text, found out in another process. */
export function survivesParsing(path: string, text: string): boolean {
  const entry = import.meta.url.endsWith('.ts') ? './try-parse.ts' : './try-parse.js'
  const file = fileURLToPath(new URL(entry, import.meta.url))
  const { status } = spawnSync(process.execPath, [file, path], {
    input: text,
    timeout: TRIAL_MS,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  return status === 0
}
