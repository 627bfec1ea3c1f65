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
  const counts = new Int32Array(MAX_OPEN + 1)
  const isInsertion = new Uint8Array(MAX_OPEN + 1)
  let open = 0
  let sum = 0
  let most = 0
  let angles = 0
  let deepestAngle = 0
  let before: number = Before.Nothing
  let wordStart = 0
  let wordEnd = 0
  let isNewLine = false
  const word = (from: number, to: number): string =>
    to - from > 12 ? '' : String.fromCharCode(...bytes.subarray(from, to))
  const token = (kind: number): void => {
    counts[open] = counts[open]! + 1
    if (++sum > most) most = sum
    before = kind
    isNewLine = false
  }
  const end = (): void => {
    sum -= counts[open]!
    counts[open] = 0
  }
  /** From inside a template: to its end, or to the next `${`. */
  const template = (from: number): number => {
    let at = from
    for (; at < length && bytes[at] !== 96; at++) {
      if (bytes[at] === 92) at++
      else if (bytes[at] === 36 && bytes[at + 1] === 123) {
        token(Before.Operator)
        if (open < MAX_OPEN) isInsertion[++open] = 1
        counts[open] = 0
        return at + 1
      }
    }
    before = Before.Text
    return at
  }

  for (let at = 0; at < length; at++) {
    const c = bytes[at]!
    if (c === 10) {
      isNewLine = true
      continue
    }
    if (c <= 32) continue
    if (isWordByte(c)) {
      const from = at
      while (at + 1 < length && isWordByte(bytes[at + 1]!)) at++
      if (isNewLine && before !== Before.Operator && before !== Before.Nothing) {
        const next = word(from, at + 1)
        const goesOn =
          JOINING.has(next) ||
          bytes[at + 1] === 58 ||
          (before === Before.Word && OPEN_WORDS.has(word(wordStart, wordEnd))) ||
          (before === Before.Closer && BRANCHING.has(next))
        if (!goesOn) end()
      }
      wordStart = from
      wordEnd = at + 1
      token(Before.Word)
      continue
    }
    switch (c) {
      case 34:
      case 39: {
        const from = at
        for (at++; at < length && bytes[at] !== c && bytes[at] !== 10; at++) if (bytes[at] === 92) at++
        // An apostrophe in the text of an element: only the rest of its line is lost.
        if (bytes[at] === 10) at = from
        token(Before.Text)
        break
      }
      case 96:
        token(Before.Text)
        at = template(at + 1)
        break
      case 47: {
        const next = bytes[at + 1]
        if (next === 47) {
          while (at + 1 < length && bytes[at + 1] !== 10) at++
          break
        }
        if (next === 42) {
          for (at += 2; at < length && !(bytes[at] === 42 && bytes[at + 1] === 47); at++)
            if (bytes[at] === 10) isNewLine = true
          at++
          break
        }
        const isDivision =
          before === Before.Closer ||
          before === Before.Text ||
          (before === Before.Word && !OPEN_WORDS.has(word(wordStart, wordEnd)))
        if (!isDivision && bytes[at - 1] !== 60) at = endOfPattern(bytes, at, length)
        token(isDivision ? Before.Operator : Before.Text)
        break
      }
      case 40:
      case 91:
      case 123:
        token(Before.Operator)
        if (open >= MAX_OPEN) return Number.POSITIVE_INFINITY
        isInsertion[++open] = 0
        counts[open] = 0
        break
      case 41:
      case 93:
      case 125:
        if (open > 0) {
          end()
          open--
          if (c === 125 && isInsertion[open + 1] === 1) {
            at = template(at + 1)
            break
          }
        }
        before = Before.Closer
        isNewLine = false
        break
      case 59:
      case 44:
        end()
        before = Before.Operator
        isNewLine = false
        break
      case 60:
        // An element on a line of its own follows one that has ended, or is counted among the open ones.
        if (hasElements && isNewLine) end()
        if (bytes[at + 1] === 47) angles -= angles > 0 ? 1 : 0
        else if (++angles > deepestAngle) deepestAngle = angles
        token(Before.Operator)
        break
      case 62:
        if (bytes[at - 1] === 47 && angles > 0) angles--
        else if (!hasElements && bytes[at - 1] !== 61 && angles > 0) angles--
        token(Before.Operator)
        break
      default:
        token(Before.Operator)
    }
  }
  return (most + (hasElements ? deepestAngle : 0)) / LIMIT
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
