// Patterns of `match` statements (PEP 634).
import { Kind, NO_VALUE } from '../../facts/contract.ts'
import { ExpressionParser } from './expression-parser.ts'
import { SyntaxProblem } from './lexer.ts'
import * as T from './tokens.ts'

const MAX_NESTING = 300

/** Adds patterns to expressions. */
export abstract class PatternParser extends ExpressionParser {
  /** What follows `case`: a pattern, or several with commas as a sequence. */
  protected patterns(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.#starOrPattern()
    if (this.token === T.COMMA) {
      while (this.token === T.COMMA) {
        this.next()
        if (this.token === T.COLON || this.token === T.IF) break
        this.#starOrPattern()
      }
      this.emit(Kind.MatchSequence, 0, line, column, NO_VALUE, mark)
    } else if (this.kindAt(this.mark() - 1) === Kind.MatchStar) {
      this.fail("'*' in a pattern needs a sequence around it")
    }
  }

  #starOrPattern(): void {
    if (this.token !== T.STAR) {
      this.#pattern()
      return
    }
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    const name = this.#captured()
    this.emit(Kind.MatchStar, 0, line, column, name, this.mark())
  }

  /** The name that is the current token, NO_VALUE for `_`. */
  #captured(): number {
    if (this.token !== T.NAME) this.unexpected('a name is missing in a pattern')
    const name = this.name === T.SOFT_UNDERSCORE ? NO_VALUE : this.local(this.name)
    this.next()
    return name
  }

  /** `a | b as c`. */
  #pattern(): void {
    if (++this.nesting > MAX_NESTING) throw new SyntaxProblem(this.tokenLine, 'patterns nest too deeply', true)
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.#closed()
    if (this.token === T.BAR) {
      while (this.token === T.BAR) {
        this.next()
        this.#closed()
      }
      this.emit(Kind.MatchOr, 0, line, column, NO_VALUE, mark)
    }
    if (this.token === T.AS) {
      this.next()
      const name = this.#captured()
      this.emit(Kind.MatchAs, 0, line, column, name, mark)
    }
    this.nesting--
  }

  #closed(): void {
    const token = this.token
    if (token === T.NAME) {
      this.#nameOrClass()
      return
    }
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    if (token === T.LEFT_BRACKET) {
      this.next()
      this.#sequenceUntil(T.RIGHT_BRACKET)
      this.emit(Kind.MatchSequence, 0, line, column, NO_VALUE, mark)
      return
    }
    if (token === T.LEFT_PAREN) {
      this.next()
      const count = this.#sequenceUntil(T.RIGHT_PAREN)
      const single = count === 1 && this.kindAt(this.mark() - 1) !== Kind.MatchStar
      if (!single) this.emit(Kind.MatchSequence, 0, line, column, NO_VALUE, mark)
      return
    }
    if (token === T.LEFT_BRACE) {
      this.#mapping()
      return
    }
    this.sum()
    this.emit(Kind.MatchValue, 0, line, column, NO_VALUE, mark)
  }

  /** Patterns up to the closing bracket; how many, where a trailing comma counts as one more. */
  #sequenceUntil(end: number): number {
    let count = 0
    while (this.token !== end) {
      this.#starOrPattern()
      count++
      if (this.token !== T.COMMA) break
      this.next()
      if (this.token === end) count++
    }
    this.expect(end, 'the closing bracket of a pattern')
    return count
  }

  /** `name`, `a.b`, `Class(…)`. */
  #nameOrClass(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    const first = this.name
    this.next()
    if (this.token !== T.DOT && this.token !== T.LEFT_PAREN) {
      const name = first === T.SOFT_UNDERSCORE ? NO_VALUE : this.local(first)
      this.emit(Kind.MatchAs, 0, line, column, name, mark)
      return
    }
    this.emit(Kind.Name, 0, line, column, this.local(first), mark)
    while (this.token === T.DOT) {
      this.next()
      if (this.token !== T.NAME) this.unexpected("a name after '.'")
      const name = this.local(this.name)
      this.next()
      this.emit(Kind.Attribute, 0, line, column, name, mark)
    }
    if (this.token !== T.LEFT_PAREN) {
      this.emit(Kind.MatchValue, 0, line, column, NO_VALUE, mark)
      return
    }
    this.next()
    while (this.token !== T.RIGHT_PAREN) {
      this.#classArgument()
      if (this.token !== T.COMMA) break
      this.next()
    }
    this.expect(T.RIGHT_PAREN, "')' of a class pattern")
    this.emit(Kind.MatchClass, 0, line, column, NO_VALUE, mark)
  }

  #classArgument(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    const name = this.token === T.NAME ? this.name : NO_VALUE
    this.#pattern()
    if (this.token !== T.EQUAL) return
    if (name === NO_VALUE || this.mark() !== mark + 1) this.fail('a keyword in a class pattern is not a name')
    this.rewind(mark)
    this.next()
    this.#pattern()
    this.emit(Kind.MatchKeyword, 0, line, column, this.local(name), mark)
  }

  #mapping(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    let rest = NO_VALUE
    this.next()
    while (this.token !== T.RIGHT_BRACE) {
      if (this.token === T.DOUBLE_STAR) {
        this.next()
        rest = this.#captured()
      } else {
        this.sum()
        this.expect(T.COLON, "':' of a mapping pattern")
        this.#pattern()
      }
      if (this.token !== T.COMMA) break
      this.next()
    }
    this.expect(T.RIGHT_BRACE, "'}' of a mapping pattern")
    this.emit(Kind.MatchMapping, 0, line, column, rest, mark)
  }
}
