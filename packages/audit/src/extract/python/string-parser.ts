// String literals: escapes, adjacent parts, f-strings and t-strings with expressions inside.
import { Flag, Kind, MAX_STRING, NO_VALUE } from '../../facts/contract.ts'
import { hashBytes } from '../../facts/string-pool.ts'
import { BYTES, FORMAT, Lexer, RAW, TEMPLATE } from './lexer.ts'
import * as T from './tokens.ts'

/** Adds string literals to the lexer; the expressions in them are read by the layer above. */
export abstract class StringParser extends Lexer {
  /** Keep the text of docstrings and other bare string statements (only the proof against CPython wants it). */
  protected keepDocstrings = false
  /** Set by the statement layer for a string that begins a statement: a Flag, or -1 elsewhere. */
  protected bare = -1
  /** More than 0 while an annotation is read, where a string may hold an expression. */
  protected annotation = 0
  /** How deep the expression being read lies in others. */
  protected nesting = 0
  #text = new Uint8Array(1 << 12)
  #length = 0

  /** An expression, or several with commas, or a yield: what may stand in the braces of an f-string. */
  protected abstract interpolated(): void
  protected abstract expression(): void

  /** One or more adjacent literals; the current token is the first of them. */
  protected strings(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    const lineStart = this.tokenStart - column
    const bare = this.bare
    this.bare = -1
    const bytes = (this.prefix & BYTES) !== 0
    if (this.token === T.STRING) {
      const start = this.contentStart
      const end = this.contentEnd
      const plain = !this.escaped || (this.prefix & RAW) !== 0
      this.next()
      if (this.token !== T.STRING && this.token !== T.FORMAT_START && plain) {
        this.#single(start, end, bytes, bare, line, column, mark, lineStart)
        return
      }
      this.#joined(start, end, plain, bytes, bare, line, column, mark)
      return
    }
    this.#joined(0, -1, true, false, bare, line, column, mark)
  }

  #single(
    start: number,
    end: number,
    bytes: boolean,
    bare: number,
    line: number,
    column: number,
    mark: number,
    lineStart: number,
  ): void {
    if (bare >= 0 && !this.keepDocstrings && this.#endsStatement()) {
      this.emit(bytes ? Kind.Bytes : Kind.String, bare, line, column, NO_VALUE, mark)
      return
    }
    const value = this.#intern(this.source, start, end)
    if (this.annotation > 0 && !bytes && end > start) this.#annotationInside(start, end, line, lineStart)
    const flags = (bare > 0 && this.#endsStatement() ? bare : 0) | (end - start > MAX_STRING ? Flag.CUT : 0)
    this.emit(bytes ? Kind.Bytes : Kind.String, flags, line, column, value, mark)
  }

  /** Literals that need decoding or joining. The first STRING (unless `end` is -1) has been passed already. */
  #joined(
    start: number,
    end: number,
    plain: boolean,
    bytes: boolean,
    bare: number,
    line: number,
    column: number,
    mark: number,
  ): void {
    const base = this.#length
    let parts = 0
    if (end >= 0) this.#append(start, end, plain, bytes)
    let pieceLine = line
    let pieceColumn = column
    while (this.token === T.STRING || this.token === T.FORMAT_START) {
      if (((this.prefix & BYTES) !== 0) !== bytes) this.fail('bytes and text cannot be joined')
      if (this.token === T.STRING) {
        if (this.#length === base) {
          pieceLine = this.tokenLine
          pieceColumn = this.tokenColumn
        }
        this.#append(this.contentStart, this.contentEnd, !this.escaped || (this.prefix & RAW) !== 0, bytes)
        this.next()
        continue
      }
      parts |= this.prefix & (FORMAT | TEMPLATE)
      if (parts === (FORMAT | TEMPLATE)) this.fail('an f-string and a t-string cannot be joined')
      if (this.#length === base) {
        pieceLine = this.tokenLine
        pieceColumn = this.tokenColumn
      }
      this.#format(base)
    }
    if (parts !== 0) {
      this.#flush(base, pieceLine, pieceColumn)
      this.emit((parts & FORMAT) !== 0 ? Kind.FString : Kind.TString, 0, line, column, NO_VALUE, mark)
      return
    }
    const drop = bare >= 0 && this.#endsStatement()
    const cut = this.#length - base > MAX_STRING ? Flag.CUT : 0
    const value = drop && !this.keepDocstrings ? NO_VALUE : this.#intern(this.#text, base, this.#length)
    this.#length = base
    this.emit(bytes ? Kind.Bytes : Kind.String, (drop ? bare : 0) | cut, line, column, value, mark)
  }

  #endsStatement(): boolean {
    return this.token === T.NEWLINE || this.token === T.SEMICOLON
  }

  /** One f-string or t-string: the current token is its FORMAT_START; ends on the token after its closing quote. */
  #format(base: number): void {
    const quote = this.name
    const triple = this.triple
    const raw = (this.prefix & RAW) !== 0
    const brackets = this.brackets
    const formatDepth = this.formatDepth
    this.#literal(base, quote, triple, raw, false)
    this.at += triple ? 3 : 1
    this.brackets = brackets
    this.formatDepth = formatDepth
    this.next()
  }

  /**
   * Text and interpolations from `at` to the closing quote, or in a format spec to the closing brace; stops there.
   * Text gathers behind `base` until an interpolation or the end makes it a String node.
   */
  #literal(base: number, quote: number, triple: boolean, raw: boolean, spec: boolean): void {
    for (;;) {
      const source = this.source
      const from = this.at
      let at = from
      let c = source[at]!
      while (c !== quote && c !== 123 && c !== 125 && c !== 92 && c !== 10 && c !== 0) c = source[++at]!
      if (at > from) this.#copy(source, from, at)
      this.at = at
      if (c === quote) {
        if (!triple || (source[at + 1] === quote && source[at + 2] === quote)) {
          if (spec) this.fail('a format specification is never closed', this.line)
          return
        }
        this.#copy(source, at, at + 1)
        this.at = at + 1
      } else if (c === 123) {
        if (source[at + 1] === 123 && !spec) {
          this.#copy(source, at, at + 1)
          this.at = at + 2
        } else {
          this.#interpolation(base, quote, triple, raw)
        }
      } else if (c === 125) {
        if (spec) return
        if (source[at + 1] !== 125) this.fail("an f-string has a single '}'", this.line)
        this.#copy(source, at, at + 1)
        this.at = at + 2
      } else if (c === 92) this.#formatEscape(at, raw)
      else if (c === 10) {
        if (!triple) this.fail('an f-string is not closed on its line', this.line)
        this.#copy(source, at, at + 1)
        this.at = at + 1
        this.line++
        this.lineStart = at + 1
      } else {
        this.fail('an f-string is never closed', this.line)
      }
    }
  }

  #formatEscape(at: number, raw: boolean): void {
    const source = this.source
    const c = source[at + 1]!
    if (c === 10) {
      this.line++
      this.lineStart = at + 2
      if (raw) this.#copy(source, at, at + 2)
      this.at = at + 2
      return
    }
    if (c === 123 || c === 125) {
      // A backslash before a brace is an ordinary backslash.
      this.#copy(source, at, at + 1)
      this.at = at + 1
      return
    }
    if (raw) {
      const length = c < 128 ? 2 : 1
      this.#copy(source, at, at + length)
      this.at = at + length
      return
    }
    let end = at + 2
    if (c === 78 && source[at + 2] === 123) while (source[end] !== 125 && source[end] !== 10 && source[end] !== 0) end++
    if (c === 78 && source[end] === 125) end++
    else if (c === 120) end = at + 4
    else if (c === 117) end = at + 6
    else if (c === 85) end = at + 10
    else if (c >= 48 && c <= 55) while (end < at + 4 && source[end]! >= 48 && source[end]! <= 55) end++
    this.#decode(at, end, false)
    this.at = end
  }

  /** `{expression=!r:spec}`; `at` is on the opening brace, afterwards behind the closing one. */
  #interpolation(base: number, quote: number, triple: boolean, raw: boolean): void {
    const outerDepth = this.formatDepth
    const outerBrackets = this.brackets
    const mark = this.mark()
    const line = this.line
    const column = this.at - this.lineStart
    this.at++
    const expressionStart = this.at
    const comments = this.commentMark
    this.brackets = outerBrackets + 1
    this.formatDepth = this.brackets
    this.next()
    if (this.token === T.RIGHT_BRACE || this.token === T.BANG || this.token === T.COLON) {
      this.fail('an f-string has braces with no expression in them')
    }
    this.interpolated()
    let conversion = 0
    let start = mark
    const debug = this.token === T.EQUAL
    if (debug) {
      this.next()
      if (this.commentMark > comments) this.#copyWithoutComments(expressionStart, this.tokenStart)
      else this.#copy(this.source, expressionStart, this.tokenStart)
    }
    if (this.#length > base) {
      // The text before the expression, which with `=` holds the expression as written too.
      const text = this.#intern(this.#text, base, this.#length)
      this.#length = base
      this.insert(mark, Kind.String, line, column, text)
      start = mark + 1
    }
    if (this.token === T.BANG) {
      this.next()
      const letter = this.source[this.tokenStart]!
      if (
        this.token !== T.NAME ||
        this.at !== this.tokenStart + 1 ||
        (letter !== 114 && letter !== 115 && letter !== 97)
      ) {
        this.fail('an f-string conversion is none of !r, !s, !a')
      }
      conversion = letter
      this.next()
    }
    if (this.token === T.COLON) {
      const specMark = this.mark()
      const specLine = this.line
      const specColumn = this.at - this.lineStart
      const specBase = this.#length
      this.#literal(specBase, quote, triple, raw, true)
      this.#flush(specBase, specLine, specColumn)
      this.emit(Kind.FormatSpec, 0, specLine, specColumn, NO_VALUE, specMark)
      this.at++
    } else {
      if (debug && conversion === 0) conversion = 114
      if (this.token !== T.RIGHT_BRACE) this.fail("an f-string expression is not followed by '}'")
    }
    this.brackets = outerBrackets
    this.formatDepth = outerDepth
    this.emit(Kind.Interpolation, 0, line, column, conversion, start)
  }

  /** `x: "Session"`: the text is an expression too, and becomes the string's child when it parses. */
  #annotationInside(start: number, end: number, line: number, lineStart: number): void {
    const source = this.source
    const first = source[start]!
    if (first === 32 || end - start > 500) return
    for (let at = start; at < end; at++) if (source[at] === 10) return
    const place = this.place()
    const { escaped, prefix, triple, contentStart, contentEnd, formatDepth, statementLine, nesting, annotation } = this
    const behind = source.slice(end, end + 2)
    source[end] = 10
    source[end + 1] = 0
    this.source = source.subarray(0, end + 2)
    this.at = start
    this.line = line
    this.lineStart = lineStart
    this.brackets = 0
    this.formatDepth = -1
    let parsed = false
    try {
      this.resume()
      this.expression()
      parsed = this.token === T.NEWLINE && this.at > end
    } catch {
      // Not an expression: it stays a plain string.
    }
    source.set(behind, end)
    this.source = source
    const nodes = this.mark()
    const comments = place.comments
    this.backTo(place)
    if (parsed) this.keep(nodes)
    this.rewindComments(comments)
    this.escaped = escaped
    this.prefix = prefix
    this.triple = triple
    this.contentStart = contentStart
    this.contentEnd = contentEnd
    this.formatDepth = formatDepth
    this.statementLine = statementLine
    this.nesting = nesting
    this.annotation = annotation
  }

  /** Makes the gathered text a String node, if there is any. */
  #flush(base: number, line: number, column: number): void {
    if (this.#length === base) return
    const value = this.#intern(this.#text, base, this.#length)
    this.#length = base
    this.emit(Kind.String, 0, line, column, value, this.mark())
  }

  #intern(source: Uint8Array, start: number, end: number): number {
    let last = end
    if (end - start > MAX_STRING) {
      last = start + MAX_STRING
      while ((source[last]! & 0xc0) === 0x80) last--
    }
    return this.local(this.pool.intern(source, start, last, hashBytes(source, start, last)))
  }

  #append(start: number, end: number, plain: boolean, bytes: boolean): void {
    if (plain) this.#copy(this.source, start, end)
    else this.#decode(start, end, bytes)
  }

  #copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (this.#length + length > this.#text.length) this.#grow(this.#length + length)
    if (length > 24) this.#text.set(source.subarray(start, end), this.#length)
    else for (let at = 0; at < length; at++) this.#text[this.#length + at] = source[start + at]!
    this.#length += length
  }

  #copyWithoutComments(start: number, end: number): void {
    let inComment = false
    for (let at = start; at < end; at++) {
      const c = this.source[at]!
      inComment = c === 35 || (inComment && c !== 10)
      if (!inComment) this.#copy(this.source, at, at + 1)
    }
  }

  #grow(least: number): void {
    const next = new Uint8Array(Math.max(least, this.#text.length * 2))
    next.set(this.#text)
    this.#text = next
  }

  /** Escapes become the characters they stand for; `\N{…}` stays as written (its table is not on board). */
  #decode(start: number, end: number, bytes: boolean): void {
    const source = this.source
    let at = start
    while (at < end) {
      const from = at
      while (at < end && source[at] !== 92) at++
      if (at > from) this.#copy(source, from, at)
      if (at >= end) return
      const c = source[at + 1]!
      at += 2
      const simple = SIMPLE_ESCAPE[c] ?? -1
      if (c === 10) continue
      if (simple >= 0) this.#character(simple)
      else if (c >= 48 && c <= 55) {
        let value = c - 48
        for (let digits = 1; digits < 3 && at < end && source[at]! >= 48 && source[at]! <= 55; digits++) {
          value = value * 8 + source[at++]! - 48
        }
        this.#character(bytes ? value & 255 : value)
      } else if (c === 120 || (!bytes && (c === 117 || c === 85))) {
        const digits = c === 120 ? 2 : c === 117 ? 4 : 8
        const value = this.#hex(at, Math.min(end, at + digits), digits)
        at += digits
        this.#character(value)
      } else if (c === 78 && !bytes) {
        if (source[at] !== 123) this.fail('a \\N escape has no name')
        this.#copy(source, at - 2, at)
      } else this.#copy(source, at - 2, at)
    }
  }

  #hex(start: number, end: number, digits: number): number {
    let value = 0
    if (end - start < digits) this.fail('an escape in a string has too few digits')
    for (let at = start; at < end; at++) {
      const c = this.source[at]!
      const digit = c >= 48 && c <= 57 ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : -1
      if (digit < 0) this.fail('an escape in a string has too few digits')
      value = value * 16 + digit
    }
    if (value > 0x10ffff) this.fail('an escape in a string is beyond the last character')
    return value
  }

  /** Appends a code point as UTF-8; a lone surrogate as the three bytes that stand for it. */
  #character(code: number): void {
    if (this.#length + 4 > this.#text.length) this.#grow(this.#length + 4)
    const text = this.#text
    if (code < 0x80) text[this.#length++] = code
    else if (code < 0x800) {
      text[this.#length++] = 0xc0 | (code >> 6)
      text[this.#length++] = 0x80 | (code & 63)
    } else if (code < 0x10000) {
      text[this.#length++] = 0xe0 | (code >> 12)
      text[this.#length++] = 0x80 | ((code >> 6) & 63)
      text[this.#length++] = 0x80 | (code & 63)
    } else {
      text[this.#length++] = 0xf0 | (code >> 18)
      text[this.#length++] = 0x80 | ((code >> 12) & 63)
      text[this.#length++] = 0x80 | ((code >> 6) & 63)
      text[this.#length++] = 0x80 | (code & 63)
    }
  }

  protected resetText(): void {
    this.#length = 0
    this.bare = -1
    this.annotation = 0
    this.nesting = 0
    if (this.#text.length > 1 << 20) this.#text = new Uint8Array(1 << 12)
  }
}

const SIMPLE_ESCAPE: Readonly<Record<number, number>> = {
  92: 92,
  39: 39,
  34: 34,
  97: 7,
  98: 8,
  102: 12,
  110: 10,
  114: 13,
  116: 9,
  118: 11,
}
