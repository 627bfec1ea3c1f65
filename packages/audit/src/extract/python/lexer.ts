// Tokens of one Python file, one at a time and without objects: bytes in, numbers in fields out.
import { NO_VALUE, Op } from '../../facts/contract.ts'
import { hashBytes, type StringPool } from '../../facts/string-pool.ts'
import { TreeWriter } from '../../facts/tree-writer.ts'
import * as T from './tokens.ts'

/** Thrown (not an Error: no stack is collected) when a file is not Python; caught by the extractor. */
export class SyntaxProblem {
  readonly line: number
  readonly reason: string
  readonly tooDeep: boolean

  constructor(line: number, reason: string, tooDeep = false) {
    this.line = line
    this.reason = reason
    this.tooDeep = tooDeep
  }
}

/** Open brackets that CPython allows in one place; the hundred-first indentation is refused as well. */
const MAX_BRACKETS = 200
const MAX_INDENTS = 100

// What a byte may be: start of an identifier, digit, byte of a non-ASCII character.
const LETTER = 1
const DIGIT = 2
const HIGH = 4
const CLASS = new Uint8Array(256)
for (let c = 0; c < 256; c++) {
  if ((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95) CLASS[c] = LETTER
  else if (c >= 48 && c <= 57) CLASS[c] = DIGIT
  else if (c >= 128) CLASS[c] = HIGH
}

/** Prefix bits of a string token. */
export const RAW = 1
export const BYTES = 2
export const FORMAT = 4
export const TEMPLATE = 8

const decoder = new TextDecoder()
const encoder = new TextEncoder()
const IDENTIFIER = /^[\p{XIDS}_]\p{XIDC}*$/u
const TAB = 8

/** State of a lexer that backtracking restores. */
export interface Place {
  readonly at: number
  readonly line: number
  readonly lineStart: number
  readonly brackets: number
  readonly token: number
  readonly tokenStart: number
  readonly tokenLine: number
  readonly tokenColumn: number
  readonly name: number
  readonly nodes: number
  readonly comments: number
  readonly atLineStart: boolean
}

/**
 * `next()` reads one token into the public fields. The source ends with a newline and a zero byte, which no
 * Python file may contain, so that no read needs a bounds check.
 */
export class Lexer extends TreeWriter {
  protected source: Uint8Array = new Uint8Array(2)
  protected at = 0
  protected line = 1
  protected lineStart = 0
  protected token = T.NEWLINE
  protected tokenStart = 0
  protected tokenLine = 1
  protected tokenColumn = 0
  /** NAME: pool number of the identifier. NUMBER: the integer, or -1 when it is to be kept as text. */
  protected name = 0
  /** STRING and FORMAT_START: prefix bits, and whether it has three quotes. */
  protected prefix = 0
  protected triple = false
  /** STRING: bytes between the quotes, and whether a backslash is among them. */
  protected contentStart = 0
  protected contentEnd = 0
  protected escaped = false
  /** Last line that holds a part of the latest statement. */
  protected statementLine = 1
  protected brackets = 0
  /** Bracket depth at which `:` ends an f-string expression; -1 outside of f-strings. */
  protected formatDepth = -1
  /** Lines of the brackets that are open. */
  #bracketLines = new Int32Array(MAX_BRACKETS + 1)
  #atLineStart = true
  #pendingDedents = 0
  #indents = new Int32Array(MAX_INDENTS + 1)
  #altIndents = new Int32Array(MAX_INDENTS + 1)
  #indentCount = 0

  constructor(pool: StringPool) {
    super(pool)
    if (pool.size === 0) for (const word of [...T.KEYWORDS, ...T.SOFT_KEYWORDS]) pool.internText(word)
    if (pool.text(T.SOFT_EXEC) !== 'exec') throw new RangeError('a string pool of the extractor begins with keywords')
  }

  /** Starts on a source that ends with newline and zero. */
  protected open(source: Uint8Array): void {
    this.begin()
    this.source = source
    this.at = 0
    this.line = 1
    this.lineStart = 0
    this.statementLine = 1
    this.brackets = 0
    this.formatDepth = -1
    this.#atLineStart = true
    this.#pendingDedents = 0
    this.#indentCount = 0
    this.next()
  }

  protected place(): Place {
    return {
      at: this.at,
      line: this.line,
      lineStart: this.lineStart,
      brackets: this.brackets,
      token: this.token,
      tokenStart: this.tokenStart,
      tokenLine: this.tokenLine,
      tokenColumn: this.tokenColumn,
      name: this.name,
      nodes: this.mark(),
      comments: this.commentMark,
      atLineStart: this.#atLineStart,
    }
  }

  /** Goes back; only within one logical line, so indentation is not part of a place. */
  protected backTo(place: Place): void {
    this.at = place.at
    this.line = place.line
    this.lineStart = place.lineStart
    this.brackets = place.brackets
    this.token = place.token
    this.tokenStart = place.tokenStart
    this.tokenLine = place.tokenLine
    this.tokenColumn = place.tokenColumn
    this.name = place.name
    this.#atLineStart = place.atLineStart
    this.rewind(place.nodes)
    this.rewindComments(place.comments)
  }

  protected fail(reason: string, line = this.tokenLine): never {
    throw new SyntaxProblem(line, reason)
  }

  /** Reads on in the middle of a line, wherever the token before ended. */
  protected resume(): void {
    this.#atLineStart = false
    this.next()
  }

  protected next(): void {
    if (this.#pendingDedents > 0) {
      this.#pendingDedents--
      this.token = T.DEDENT
      return
    }
    const source = this.source
    if (this.#atLineStart) {
      this.#atLineStart = false
      if (this.#indentation()) return
    }
    const lineBefore = this.line
    let at = this.at
    let c = source[at]!
    for (;;) {
      if (c === 32 || c === 9 || c === 12) c = source[++at]!
      else if (c === 35) {
        at = this.#comment(at)
        c = source[at]!
      } else if (c === 92 && source[at + 1] === 10) {
        at += 2
        this.line++
        this.lineStart = at
        c = source[at]!
        if (c === 0) this.fail('the file ends after a backslash', this.line)
      } else if (c === 10 && this.brackets > 0) {
        at++
        this.line++
        this.lineStart = at
        c = source[at]!
      } else break
    }
    this.tokenStart = at
    this.tokenLine = this.line
    this.tokenColumn = at - this.lineStart
    const kind = CLASS[c]!
    if (kind === LETTER) {
      this.#word(at, c)
      return
    }
    if (kind === DIGIT || (c === 46 && CLASS[source[at + 1]!] === DIGIT)) {
      this.#number(at)
      return
    }
    if (kind === HIGH) {
      this.#wideWord(at, at)
      return
    }
    if (c === 34 || c === 39) {
      this.#quote(at, 0)
      return
    }
    if (c === 10) {
      this.token = T.NEWLINE
      // Where the token before ended; a backslash may have led to an empty line since.
      this.statementLine = lineBefore
      this.at = at + 1
      this.line++
      this.lineStart = at + 1
      this.#atLineStart = true
      return
    }
    this.#operator(at, c)
  }

  /** True when the line's indentation itself made a token. */
  #indentation(): boolean {
    const source = this.source
    let at = this.at
    let column = 0
    let alt = 0
    for (;;) {
      const c = source[at]!
      if (c === 32) {
        column++
        alt++
        at++
      } else if (c === 9) {
        column = (Math.floor(column / TAB) + 1) * TAB
        alt++
        at++
      } else if (c === 12) {
        column = 0
        alt = 0
        at++
      } else if (c === 35) {
        at = this.#comment(at)
      } else if (c === 10) {
        at++
        this.line++
        this.lineStart = at
        column = 0
        alt = 0
      } else if (c === 92 && source[at + 1] === 10) {
        // A continued blank beginning: the next line's indentation does not count.
        at += 2
        this.line++
        this.lineStart = at
        while (source[at] === 32 || source[at] === 9 || source[at] === 12) at++
      } else break
    }
    this.at = at
    this.tokenLine = this.line
    this.tokenColumn = at - this.lineStart
    this.tokenStart = at
    if (source[at] === 0 && at === source.length - 1) {
      column = 0
      alt = 0
    }
    const count = this.#indentCount
    const current = count === 0 ? 0 : this.#indents[count - 1]!
    const currentAlt = count === 0 ? 0 : this.#altIndents[count - 1]!
    if (column === current) {
      if (alt !== currentAlt) this.fail('tabs and spaces are mixed in the indentation')
      return false
    }
    if (column > current) {
      if (alt <= currentAlt) this.fail('tabs and spaces are mixed in the indentation')
      if (count >= MAX_INDENTS) throw new SyntaxProblem(this.line, 'more than 100 levels of indentation', true)
      this.#indents[count] = column
      this.#altIndents[count] = alt
      this.#indentCount = count + 1
      this.token = T.INDENT
      return true
    }
    let dedents = 0
    while (this.#indentCount > 0 && this.#indents[this.#indentCount - 1]! > column) {
      this.#indentCount--
      dedents++
    }
    const now = this.#indentCount === 0 ? 0 : this.#indents[this.#indentCount - 1]!
    const nowAlt = this.#indentCount === 0 ? 0 : this.#altIndents[this.#indentCount - 1]!
    if (now !== column) this.fail('this line goes back to an indentation that no block above has')
    if (nowAlt !== alt) this.fail('tabs and spaces are mixed in the indentation')
    this.#pendingDedents = dedents - 1
    this.token = T.DEDENT
    return true
  }

  /** Records the comment at `at` and returns where its line ends. */
  #comment(at: number): number {
    const source = this.source
    let end = at + 1
    let marked = false
    for (let c = source[end]!; c !== 10; c = source[++end]!) {
      if (c === 0 && end === source.length - 1) break
      if (c !== 58 && c !== 113) continue
      // `footing:` and `type:` end in a colon, `noqa` in q + a: cheap to notice, checked below.
      marked = true
    }
    let value = NO_VALUE
    if (marked) {
      const text = decoder.decode(source.subarray(at, Math.min(end, at + 1000)))
      if (/\b(?:footing|type|nosec|pragma|ruff|pylint)\s*:|\bnoqa\b/i.test(text)) {
        value = this.local(this.pool.internText(text))
      }
    }
    this.comment(this.line, value)
    return end
  }

  #word(start: number, first: number): void {
    const source = this.source
    let at = start + 1
    let hash = first
    let c = source[at]!
    let kind = CLASS[c]!
    while ((kind & (LETTER | DIGIT)) !== 0) {
      hash = (Math.imul(hash, 31) + c) | 0
      c = source[++at]!
      kind = CLASS[c]!
    }
    if (kind === HIGH) {
      this.#wideWord(start, at)
      return
    }
    if ((c === 34 || c === 39) && at - start <= 2) {
      const prefix = prefixBits(source, start, at)
      if (prefix >= 0) {
        this.#quote(at, prefix)
        return
      }
    }
    this.at = at
    const name = this.pool.intern(source, start, at, hash)
    this.name = name
    this.token = name < T.KEYWORDS.length ? T.FIRST_KEYWORD + name : T.NAME
  }

  /** An identifier with letters beyond ASCII: normalised as Python does (NFKC). */
  #wideWord(start: number, from: number): void {
    const source = this.source
    let at = from
    while (CLASS[source[at]!] !== 0) at++
    const written = decoder.decode(source.subarray(start, at))
    const text = written.normalize('NFKC')
    if (!IDENTIFIER.test(text)) this.fail('a character that no name, number or operator may have')
    const bytes = encoder.encode(text)
    this.at = at
    this.name = this.pool.intern(bytes, 0, bytes.length, hashBytes(bytes, 0, bytes.length))
    this.token = T.NAME
  }

  #number(start: number): void {
    const source = this.source
    this.token = T.NUMBER
    let at = start
    let c = source[at]!
    let value = 0
    while (CLASS[c] === DIGIT) {
      value = value * 10 + (c - 48)
      c = source[++at]!
    }
    const lower = c | 32
    if (c !== 46 && c !== 95 && (CLASS[c] === 0 || !isNumberLetter(lower)) && at - start < 10) {
      if (at - start > 1 && source[start] === 48 && value !== 0) this.fail('a decimal number begins with a zero')
      this.name = value
      this.at = at
      return
    }
    this.name = -1
    if (source[start] === 48 && at === start + 1 && (lower === 120 || lower === 111 || lower === 98)) {
      at++
      while (isHexDigit(source[at]!) || source[at] === 95) at++
      this.at = at
      return
    }
    const digits = () => {
      while (CLASS[source[at]!] === DIGIT || (source[at] === 95 && CLASS[source[at + 1]!] === DIGIT)) at++
    }
    digits()
    let decimal = true
    if (source[at] === 46) {
      decimal = false
      at++
      digits()
    }
    if ((source[at]! | 32) === 101) {
      const sign = source[at + 1] === 43 || source[at + 1] === 45 ? 2 : 1
      if (CLASS[source[at + sign]!] === DIGIT) {
        decimal = false
        at += sign
        digits()
      }
    }
    if ((source[at]! | 32) === 106) {
      decimal = false
      at++
    }
    if ((source[at]! | 32) === 108) this.fail('a number ends in L, as in Python 2')
    if (decimal && source[start] === 48 && /[1-9]/.test(decoder.decode(source.subarray(start, at)))) {
      this.fail('a decimal number begins with a zero')
    }
    this.at = at
  }

  #quote(at: number, prefix: number): void {
    const source = this.source
    const quote = source[at]!
    const triple = source[at + 1] === quote && source[at + 2] === quote
    this.prefix = prefix
    this.triple = triple
    const start = triple ? at + 3 : at + 1
    this.contentStart = start
    if ((prefix & (FORMAT | TEMPLATE)) !== 0) {
      this.token = T.FORMAT_START
      this.name = quote
      this.at = start
      return
    }
    this.token = T.STRING
    let end = start
    let escaped = false
    for (;;) {
      const c = source[end]!
      if (c === quote) {
        if (!triple) break
        if (source[end + 1] === quote && source[end + 2] === quote) break
      } else if (c === 92) {
        escaped = true
        end++
        if (source[end] === 10) {
          this.line++
          this.lineStart = end + 1
        }
      } else if (c === 10) {
        if (!triple) this.fail('a string is not closed on its line')
        this.line++
        this.lineStart = end + 1
      } else if (c === 0 && end >= source.length - 1) this.fail('a string is never closed')
      end++
      if (end >= source.length) this.fail('a string is never closed')
    }
    this.contentEnd = end
    this.escaped = escaped
    this.at = triple ? end + 3 : end + 1
  }

  #operator(at: number, c: number): void {
    const d = this.source[at + 1]!
    switch (c) {
      case 40: // (
      case 91: // [
      case 123: // {
        this.#openBracket()
        this.#take(c, at, 1)
        break
      case 41: // )
      case 93: // ]
      case 125: // }
        if (this.brackets > 0) this.brackets--
        this.#take(c, at, 1)
        break
      case 44: // ,
      case 59: // ;
      case 126: // ~
        this.#take(c, at, 1)
        break
      case 46: // .
        if (d === 46 && this.source[at + 2] === 46) this.#take(T.ELLIPSIS, at, 3)
        else this.#take(c, at, 1)
        break
      case 58: // :
        if (d === 61 && this.formatDepth !== this.brackets) this.#take(T.WALRUS, at, 2)
        else this.#take(c, at, 1)
        break
      case 33: // !
        if (d !== 61 && this.formatDepth < 0) this.fail('an exclamation mark stands where no operator has one')
        this.#arithmetic(at, c, d)
        break
      case 45: // -
        if (d === 62) this.#take(T.ARROW, at, 2)
        else this.#arithmetic(at, c, d)
        break
      case 60: // <
        if (d === 62) this.fail('the operator <> is of Python 2')
        this.#arithmetic(at, c, d)
        break
      default:
        if (WITH_EQUAL[c] === undefined) this.#noOperator(at, c)
        else this.#arithmetic(at, c, d)
    }
  }

  #take(token: number, at: number, length: number): void {
    this.token = token
    this.at = at + length
  }

  #openBracket(): void {
    if (++this.brackets > MAX_BRACKETS) {
      throw new SyntaxProblem(this.line, 'more than 200 brackets are open, which Python refuses too', true)
    }
    this.#bracketLines[this.brackets] = this.line
  }

  /** Operators that may be doubled, may assign, and may do both: `*`, `**`, `*=`, `**=`. */
  #arithmetic(at: number, c: number, d: number): void {
    const doubled = d === c ? DOUBLED[c] : undefined
    if (doubled !== undefined) {
      if (this.source[at + 2] === 61) this.#take(T.AUGMENTED + doubled.op, at, 3)
      else this.#take(doubled.token, at, 2)
    } else if (d === 61) this.#take(WITH_EQUAL[c]!, at, 2)
    else this.#take(c, at, 1)
  }

  /** The end of the file, or what no program of Python has. */
  #noOperator(at: number, c: number): void {
    if (c === 0 && at >= this.source.length - 1) {
      if (this.brackets > 0) this.fail('a bracket is never closed', this.#bracketLines[this.brackets]!)
      this.#take(T.END, at, 0)
      return
    }
    if (c === 0) this.fail('a null byte')
    if (c === 96) this.fail('backquotes are of Python 2')
    if (c === 92) this.fail('a backslash is not at the end of its line')
    this.fail('a character that no name, number or operator may have')
  }
}

/** Tokens of an operator with `=` behind it. */
const WITH_EQUAL: Readonly<Record<number, number>> = {
  33: T.NOT_EQUAL, // !
  37: T.AUGMENTED + Op.Modulo, // %
  38: T.AUGMENTED + Op.BitAnd, // &
  42: T.AUGMENTED + Op.Multiply, // *
  43: T.AUGMENTED + Op.Add, // +
  45: T.AUGMENTED + Op.Subtract, // -
  47: T.AUGMENTED + Op.Divide, // /
  60: T.LESS_EQUAL, // <
  61: T.DOUBLE_EQUAL, // =
  62: T.GREATER_EQUAL, // >
  64: T.AUGMENTED + Op.MatrixMultiply, // @
  94: T.AUGMENTED + Op.BitXor, // ^
  124: T.AUGMENTED + Op.BitOr, // |
}

/** Operators that may be doubled: the token, and what it applies when `=` follows. */
const DOUBLED: Readonly<Record<number, { readonly token: number; readonly op: number }>> = {
  42: { token: T.DOUBLE_STAR, op: Op.Power },
  47: { token: T.DOUBLE_SLASH, op: Op.FloorDivide },
  60: { token: T.SHIFT_LEFT, op: Op.ShiftLeft },
  62: { token: T.SHIFT_RIGHT, op: Op.ShiftRight },
}

const isHexDigit = (c: number): boolean => CLASS[c] === DIGIT || ((c | 32) >= 97 && (c | 32) <= 102)

/** Letters that go on a number: e, j, l, and x, o, b after a zero. */
const isNumberLetter = (lower: number): boolean =>
  lower === 101 || lower === 106 || lower === 120 || lower === 111 || lower === 98 || lower === 108

/** Prefix bits of the letters before a quote, -1 when they are no prefix. */
const prefixBits = (source: Uint8Array, start: number, end: number): number => {
  let bits = 0
  for (let at = start; at < end; at++) {
    const c = source[at]! | 32
    const bit = c === 114 ? RAW : c === 98 ? BYTES : c === 102 ? FORMAT : c === 116 ? TEMPLATE : c === 117 ? 16 : 0
    if (bit === 0 || (bits & bit) !== 0) return -1
    bits |= bit
  }
  const kinds = bits & ~RAW
  if ((bits & 16) !== 0) return bits === 16 ? 0 : -1
  return (kinds & (kinds - 1)) === 0 ? bits : -1
}
