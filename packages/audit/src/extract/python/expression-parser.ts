// Expressions of Python by recursive descent; operators by precedence climbing.
import { Flag, Kind, NO_VALUE, Op, ParamKind } from '../../facts/contract.ts'
import { SyntaxProblem } from './lexer.ts'
import { StringParser } from './string-parser.ts'
import * as T from './tokens.ts'

/** How deep expressions may nest before a file is given up as too deep; brackets alone are limited by the lexer. */
const MAX_NESTING = 500

// Binding strength of infix tokens, 0 for everything else. NOT is there for `not in`.
const STRENGTH = new Uint8Array(256)
const OPERATOR = new Uint8Array(256)
const OR = 1
const AND = 2
const NOT = 3
const COMPARISON = 4
const BIT_OR = 5
const SUM = 9
const infix = (strength: number, operators: Readonly<Record<number, number>>): void => {
  for (const [token, operator] of Object.entries(operators)) {
    STRENGTH[Number(token)] = strength
    OPERATOR[Number(token)] = operator
  }
}
infix(OR, { [T.OR]: Op.Or })
infix(AND, { [T.AND]: Op.And })
infix(COMPARISON, {
  [T.DOUBLE_EQUAL]: Op.Equal,
  [T.NOT_EQUAL]: Op.NotEqual,
  [T.LESS]: Op.Less,
  [T.LESS_EQUAL]: Op.LessEqual,
  [T.GREATER]: Op.Greater,
  [T.GREATER_EQUAL]: Op.GreaterEqual,
  [T.IS]: Op.Is,
  [T.IN]: Op.In,
  [T.NOT]: Op.NotIn,
})
infix(BIT_OR, { [T.BAR]: Op.BitOr })
infix(6, { [T.CARET]: Op.BitXor })
infix(7, { [T.AMPERSAND]: Op.BitAnd })
infix(8, { [T.SHIFT_LEFT]: Op.ShiftLeft, [T.SHIFT_RIGHT]: Op.ShiftRight })
infix(SUM, { [T.PLUS]: Op.Add, [T.MINUS]: Op.Subtract })
infix(10, {
  [T.STAR]: Op.Multiply,
  [T.AT]: Op.MatrixMultiply,
  [T.SLASH]: Op.Divide,
  [T.PERCENT]: Op.Modulo,
  [T.DOUBLE_SLASH]: Op.FloorDivide,
})

/** Tokens after which a comma is the last one: nothing that an expression could begin with. */
const ENDS_LIST = new Uint8Array(256)
for (const token of [
  T.NEWLINE,
  T.END,
  T.EQUAL,
  T.RIGHT_PAREN,
  T.RIGHT_BRACKET,
  T.RIGHT_BRACE,
  T.COLON,
  T.SEMICOLON,
  T.IN,
]) {
  ENDS_LIST[token] = 1
}
ENDS_LIST[T.BANG] = 1

/** Adds expressions to the lexer. Every method reads one construct and leaves the token behind it as the current one. */
export abstract class ExpressionParser extends StringParser {
  /** GENERATOR and AWAITS flags of the function body that is being read. */
  protected bodyFlags = 0

  protected expect(token: number, what: string): void {
    if (this.token !== token) this.unexpected(`${what} is missing`)
    this.next()
  }

  protected unexpected(what: string): never {
    const token = this.token
    const found =
      token === T.END || token === T.NEWLINE
        ? 'at the end of the line'
        : token === T.INDENT || token === T.DEDENT
          ? 'where the indentation changes'
          : `before ${JSON.stringify(new TextDecoder().decode(this.source.subarray(this.tokenStart, Math.min(this.at, this.tokenStart + 20))))}`
    this.fail(`${what} ${found}`)
  }

  /** `a`, `a or b`, `x if y else z`, `lambda: …`. */
  protected expression(): void {
    if (++this.nesting > MAX_NESTING) throw new SyntaxProblem(this.tokenLine, 'expressions nest too deeply', true)
    if (this.token === T.LAMBDA) this.#lambda()
    else {
      const mark = this.mark()
      const line = this.tokenLine
      const column = this.tokenColumn
      this.operators(OR)
      if (this.token === T.IF) {
        this.next()
        this.operators(OR)
        this.expect(T.ELSE, "'else' of a conditional expression")
        this.expression()
        this.emit(Kind.IfExp, 0, line, column, NO_VALUE, mark)
      }
    }
    this.nesting--
  }

  /** An expression that may be `name := value`. */
  protected namedExpression(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.expression()
    if (this.token !== T.WALRUS) return
    const target = this.mark() - 1
    if (target !== mark || this.kindAt(target) !== Kind.Name) this.fail("':=' can only assign to a name")
    this.setFlags(target, Flag.STORE)
    this.next()
    this.expression()
    this.emit(Kind.NamedExpr, 0, line, column, NO_VALUE, mark)
  }

  /** `*x` or an expression (with `:=` when `named`). */
  protected element(named: boolean): void {
    if (this.token !== T.STAR) {
      if (named) this.namedExpression()
      else this.expression()
      return
    }
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    this.operators(BIT_OR)
    this.emit(Kind.Starred, 0, line, column, NO_VALUE, mark)
  }

  /** One expression, or several with commas as a Tuple. */
  protected expressions(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.element(false)
    if (this.token === T.COMMA) this.#tupleRest(false, line, column, mark)
  }

  protected interpolated(): void {
    if (this.token === T.YIELD) this.yield()
    else this.expressions()
  }

  protected yieldOrExpressions(): void {
    if (this.token === T.YIELD) this.yield()
    else this.expressions()
  }

  #tupleRest(named: boolean, line: number, column: number, mark: number): void {
    while (this.token === T.COMMA) {
      this.next()
      if (ENDS_LIST[this.token] === 1 || (this.token >= T.AUGMENTED + Op.Add && this.token < T.FIRST_KEYWORD)) break
      this.element(named)
    }
    this.emit(Kind.Tuple, 0, line, column, NO_VALUE, mark)
  }

  /** Targets of `for` and of comprehensions, up to `in`. */
  protected targets(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.#targetElement()
    if (this.token === T.COMMA) {
      while (this.token === T.COMMA) {
        this.next()
        if (ENDS_LIST[this.token] === 1) break
        this.#targetElement()
      }
      this.emit(Kind.Tuple, 0, line, column, NO_VALUE, mark)
    }
    this.store(this.mark() - 1, Flag.STORE)
  }

  #targetElement(): void {
    if (this.token === T.STAR) this.element(false)
    else this.operators(BIT_OR)
  }

  /** Turns an expression that has been read into a target: flags it and, for tuples, what is in it. */
  protected store(node: number, flags: number): void {
    const kind = this.kindAt(node)
    if (kind === Kind.Name || kind === Kind.Attribute || kind === Kind.Subscript) {
      this.setFlags(node, flags)
    } else if (kind === Kind.Tuple || kind === Kind.List || (kind === Kind.Starred && flags !== Flag.DEL)) {
      this.setFlags(node, flags)
      const first = node - this.sizeAt(node) + 1
      for (let child = node - 1; child >= first; child -= this.sizeAt(child)) this.store(child, flags)
    } else {
      this.fail(`${NOT_A_TARGET[kind] ?? 'this expression'} cannot be assigned to or deleted`, this.lineAt(node))
    }
  }

  protected yield(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.bodyFlags |= Flag.GENERATOR
    this.next()
    if (this.token === T.FROM) {
      this.next()
      this.expression()
      this.emit(Kind.YieldFrom, 0, line, column, NO_VALUE, mark)
      return
    }
    if (ENDS_LIST[this.token] !== 1 || this.token === T.IN) this.expressions()
    this.emit(Kind.Yield, 0, line, column, NO_VALUE, mark)
  }

  /** Operands joined by operators at least as strong as `least`. */
  protected operators(least: number): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    if (this.token === T.NOT && least <= NOT) {
      if (++this.nesting > MAX_NESTING) throw new SyntaxProblem(line, 'expressions nest too deeply', true)
      this.next()
      this.operators(NOT)
      this.nesting--
      this.emit(Kind.UnaryOp, 0, line, column, Op.Not, mark)
    } else this.#unary()
    for (;;) {
      const token = this.token
      const strength = STRENGTH[token]!
      if (strength === 0 || strength < least) return
      if (strength > COMPARISON) {
        this.next()
        this.operators(strength + 1)
        this.emit(Kind.BinOp, 0, line, column, OPERATOR[token]!, mark)
      } else if (strength === COMPARISON) this.#comparisons(line, column, mark)
      else {
        do {
          this.next()
          this.operators(strength + 1)
        } while (this.token === token)
        this.emit(Kind.BoolOp, 0, line, column, OPERATOR[token]!, mark)
      }
    }
  }

  #comparisons(line: number, column: number, mark: number): void {
    let packed = 0
    let shift = 0
    for (let token = this.token; STRENGTH[token] === COMPARISON; token = this.token) {
      let operator = OPERATOR[token]!
      this.next()
      if (token === T.NOT) {
        if (this.token !== T.IN) this.unexpected("'in' after 'not'")
        this.next()
      } else if (token === T.IS && this.token === T.NOT) {
        operator = Op.IsNot
        this.next()
      }
      if (shift < 32) packed |= operator << shift
      shift += 4
      this.operators(BIT_OR)
    }
    this.emit(Kind.Compare, 0, line, column, packed, mark)
  }

  #unary(): void {
    const token = this.token
    const line = this.tokenLine
    const column = this.tokenColumn
    const mark = this.mark()
    if (token === T.MINUS || token === T.PLUS || token === T.TILDE) {
      if (++this.nesting > MAX_NESTING) throw new SyntaxProblem(line, 'expressions nest too deeply', true)
      this.next()
      this.#unary()
      this.nesting--
      const operator = token === T.MINUS ? Op.Negative : token === T.PLUS ? Op.Positive : Op.Invert
      this.emit(Kind.UnaryOp, 0, line, column, operator, mark)
      return
    }
    if (token === T.AWAIT) {
      this.bodyFlags |= Flag.AWAITS
      this.next()
      this.#primary()
      this.emit(Kind.Await, 0, line, column, NO_VALUE, mark)
    } else this.#primary()
    if (this.token === T.DOUBLE_STAR) {
      if (++this.nesting > MAX_NESTING) throw new SyntaxProblem(line, 'expressions nest too deeply', true)
      this.next()
      this.#unary()
      this.nesting--
      this.emit(Kind.BinOp, 0, line, column, Op.Power, mark)
    }
  }

  /** An atom and what hangs on it: `.name`, `(…)`, `[…]`. */
  #primary(): void {
    const line = this.tokenLine
    const column = this.tokenColumn
    const mark = this.mark()
    this.#atom()
    for (;;) {
      const token = this.token
      if (token === T.DOT) {
        this.next()
        if (this.token !== T.NAME) this.unexpected("a name after '.'")
        const name = this.local(this.name)
        this.next()
        this.emit(Kind.Attribute, 0, line, column, name, mark)
      } else if (token === T.LEFT_PAREN) {
        const at = this.tokenLine
        this.arguments()
        this.emit(Kind.Call, 0, line, column, at, mark)
      } else if (token === T.LEFT_BRACKET) {
        this.#subscript()
        this.emit(Kind.Subscript, 0, line, column, NO_VALUE, mark)
      } else return
    }
  }

  #atom(): void {
    const line = this.tokenLine
    const column = this.tokenColumn
    const token = this.token
    if (token === T.NAME) {
      const name = this.local(this.name)
      this.next()
      this.emit(Kind.Name, 0, line, column, name, this.mark())
      return
    }
    if (token === T.STRING || token === T.FORMAT_START) {
      this.strings()
      return
    }
    if (token === T.NUMBER) {
      const integer = this.name >= 0
      const value = integer ? this.name : this.#numberText()
      this.next()
      this.emit(Kind.Number, integer ? Flag.INTEGER : 0, line, column, value, this.mark())
      return
    }
    if (token === T.LEFT_PAREN) {
      this.#parenthesised()
      return
    }
    if (token === T.LEFT_BRACKET) {
      this.#list()
      return
    }
    if (token === T.LEFT_BRACE) {
      this.#braces()
      return
    }
    const constant =
      token === T.NONE
        ? Kind.None
        : token === T.TRUE
          ? Kind.True
          : token === T.FALSE
            ? Kind.False
            : token === T.ELLIPSIS
              ? Kind.Ellipsis
              : 0
    if (constant === 0) this.unexpected('an expression is missing')
    this.next()
    this.emit(constant, 0, line, column, NO_VALUE, this.mark())
  }

  #numberText(): number {
    let hash = 0
    for (let at = this.tokenStart; at < this.at; at++) hash = (Math.imul(hash, 31) + this.source[at]!) | 0
    return this.local(this.pool.intern(this.source, this.tokenStart, this.at, hash))
  }

  #parenthesised(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    if (this.token === T.RIGHT_PAREN) {
      this.next()
      this.emit(Kind.Tuple, Flag.PARENTHESISED, line, column, NO_VALUE, mark)
      return
    }
    if (this.token === T.YIELD) this.yield()
    else {
      this.element(true)
      if (this.token === T.COMMA) this.#tupleRest(true, line, column, mark)
      else if (this.token === T.FOR || this.token === T.ASYNC) {
        this.#clauses()
        this.emit(Kind.GeneratorExp, 0, line, column, NO_VALUE, mark)
      } else if (this.kindAt(this.mark() - 1) === Kind.Starred)
        this.fail("'*' cannot be used on a lone expression here")
    }
    this.expect(T.RIGHT_PAREN, "')'")
    this.setFlags(this.mark() - 1, Flag.PARENTHESISED)
  }

  #list(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    let kind: number = Kind.List
    if (this.token !== T.RIGHT_BRACKET) {
      this.element(true)
      if (this.token === T.FOR || this.token === T.ASYNC) {
        this.#clauses()
        kind = Kind.ListComp
      } else this.#elementsUntil(T.RIGHT_BRACKET)
    }
    this.expect(T.RIGHT_BRACKET, "']'")
    this.emit(kind, 0, line, column, NO_VALUE, mark)
  }

  #elementsUntil(end: number): void {
    while (this.token === T.COMMA) {
      this.next()
      if (this.token === end) break
      this.element(true)
    }
  }

  #braces(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    let kind: number = Kind.Dict
    if (this.token === T.DOUBLE_STAR) this.#entries()
    else if (this.token !== T.RIGHT_BRACE) {
      this.element(true)
      if (this.token === T.COLON) {
        this.next()
        this.expression()
        if (this.token === T.FOR || this.token === T.ASYNC) {
          this.#clauses()
          kind = Kind.DictComp
        } else if (this.token === T.COMMA) {
          this.next()
          this.#entries()
        }
      } else if (this.token === T.FOR || this.token === T.ASYNC) {
        this.#clauses()
        kind = Kind.SetComp
      } else {
        this.#elementsUntil(T.RIGHT_BRACE)
        kind = Kind.Set
      }
    }
    this.expect(T.RIGHT_BRACE, "'}'")
    this.emit(kind, 0, line, column, NO_VALUE, mark)
  }

  /** `key: value` and `**mapping`, with commas, up to the closing brace. */
  #entries(): void {
    while (this.token !== T.RIGHT_BRACE) {
      if (this.token === T.DOUBLE_STAR) {
        const mark = this.mark()
        const line = this.tokenLine
        const column = this.tokenColumn
        this.next()
        this.operators(BIT_OR)
        this.emit(Kind.DictUnpack, 0, line, column, NO_VALUE, mark)
      } else {
        this.expression()
        this.expect(T.COLON, "':' of a dict entry")
        this.expression()
      }
      if (this.token !== T.COMMA) return
      this.next()
    }
  }

  /** `for … in … if …`, once or more. */
  #clauses(): void {
    while (this.token === T.FOR || this.token === T.ASYNC) {
      const mark = this.mark()
      const line = this.tokenLine
      const column = this.tokenColumn
      let flags = 0
      if (this.token === T.ASYNC) {
        flags = Flag.ASYNC
        this.bodyFlags |= Flag.AWAITS
        this.next()
      }
      this.expect(T.FOR, "'for'")
      this.targets()
      this.expect(T.IN, "'in' of a comprehension")
      this.operators(OR)
      while (this.token === T.IF) {
        const guard = this.mark()
        const guardLine = this.tokenLine
        const guardColumn = this.tokenColumn
        this.next()
        this.operators(OR)
        this.emit(Kind.Guard, 0, guardLine, guardColumn, NO_VALUE, guard)
      }
      this.emit(Kind.Comprehension, flags, line, column, NO_VALUE, mark)
    }
  }

  /** `(…)` of a call or of class bases. */
  protected arguments(): void {
    const openLine = this.tokenLine
    const openColumn = this.tokenColumn
    // A string in `Annotated[str, Field(description="…")]` is a value, not a type.
    const annotation = this.annotation
    this.annotation = 0
    this.next()
    let count = 0
    while (this.token !== T.RIGHT_PAREN) {
      const mark = this.mark()
      const line = this.tokenLine
      const column = this.tokenColumn
      if (this.token === T.STAR) {
        this.next()
        this.expression()
        this.emit(Kind.Starred, 0, line, column, NO_VALUE, mark)
      } else if (this.token === T.DOUBLE_STAR) {
        this.next()
        this.expression()
        this.emit(Kind.Keyword, 0, line, column, NO_VALUE, mark)
      } else {
        this.namedExpression()
        if (this.token === T.EQUAL) this.#keyword(mark)
        else if (this.token === T.FOR || this.token === T.ASYNC) {
          this.#clauses()
          this.emit(Kind.GeneratorExp, 0, openLine, openColumn, NO_VALUE, mark)
          if (count > 0 || this.token !== T.RIGHT_PAREN)
            this.fail('a generator expression needs its own parentheses here')
        }
      }
      count++
      if (this.token !== T.COMMA) break
      this.next()
    }
    this.expect(T.RIGHT_PAREN, "')' or ','")
    this.annotation = annotation
  }

  /** `name=value`; the name has been read as an expression. */
  #keyword(mark: number): void {
    const name = this.mark() - 1
    if (name !== mark || this.kindAt(name) !== Kind.Name || (this.flagsAt(name) & Flag.PARENTHESISED) !== 0) {
      this.fail('a keyword argument is not a name')
    }
    const value = this.valueAt(name)
    const line = this.lineAt(name)
    const column = this.columnAt(name)
    this.rewind(mark)
    this.next()
    this.expression()
    this.emit(Kind.Keyword, 0, line, column, value, mark)
  }

  #subscript(): void {
    this.next()
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.#index()
    if (this.token === T.COMMA) {
      while (this.token === T.COMMA) {
        this.next()
        if (this.token === T.RIGHT_BRACKET) break
        this.#index()
      }
      this.emit(Kind.Tuple, 0, line, column, NO_VALUE, mark)
    } else if (this.kindAt(this.mark() - 1) === Kind.Starred) {
      this.emit(Kind.Tuple, 0, line, column, NO_VALUE, mark)
    }
    this.expect(T.RIGHT_BRACKET, "']'")
  }

  #index(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    let flags = 0
    if (this.token !== T.COLON) {
      this.element(true)
      if (this.token !== T.COLON) return
      flags = Flag.SLICE_LOWER
    }
    this.next()
    if (!this.#endsSlice()) {
      this.expression()
      flags |= Flag.SLICE_UPPER
    }
    if (this.token === T.COLON) {
      this.next()
      if (!this.#endsSlice()) {
        this.expression()
        flags |= Flag.SLICE_STEP
      }
    }
    this.emit(Kind.Slice, flags, line, column, NO_VALUE, mark)
  }

  #endsSlice(): boolean {
    return this.token === T.COLON || this.token === T.COMMA || this.token === T.RIGHT_BRACKET
  }

  #lambda(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    const outer = this.bodyFlags
    this.next()
    this.parameters(T.COLON, false)
    // In an f-string the colon after a lambda's parameters is the lambda's.
    if (this.token !== T.COLON) this.unexpected("':' of a lambda")
    this.bodyFlags = 0
    this.next()
    this.expression()
    const flags = this.bodyFlags & Flag.GENERATOR
    this.bodyFlags = outer
    this.emit(Kind.Lambda, flags, line, column, NO_VALUE, mark)
  }

  /** Parameters up to `end`, which stays the current token. */
  protected parameters(end: number, annotated: boolean): void {
    const first = this.mark()
    let kind: number = ParamKind.Positional
    let slash = false
    while (this.token !== end) {
      if (this.token === T.SLASH) {
        if (slash || kind !== ParamKind.Positional || this.mark() === first)
          this.fail("'/' is misplaced among the parameters")
        slash = true
        for (let node = this.mark() - 1; node >= first; node -= this.sizeAt(node)) {
          this.setFlags(node, ParamKind.PositionalOnly << 2)
        }
        this.next()
      } else if (this.token === T.STAR) {
        if (kind !== ParamKind.Positional) this.fail("'*' is misplaced among the parameters")
        kind = ParamKind.KeywordOnly
        this.next()
        if (this.token === T.NAME) this.#parameter(ParamKind.VarArgs, annotated)
        else if (this.token !== T.COMMA) this.unexpected('a parameter is missing')
      } else if (this.token === T.DOUBLE_STAR) {
        this.next()
        kind = ParamKind.VarKeywords
        this.#parameter(ParamKind.VarKeywords, annotated)
      } else {
        if (kind === ParamKind.VarKeywords) this.fail('a parameter follows **')
        this.#parameter(kind, annotated)
      }
      if (this.token !== T.COMMA) break
      this.next()
    }
    if (this.token !== end) this.unexpected("',' between parameters")
  }

  #parameter(kind: number, annotated: boolean): void {
    if (this.token !== T.NAME) this.unexpected("a parameter's name is missing")
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    const name = this.local(this.name)
    let flags = kind << 2
    this.next()
    if (annotated && this.token === T.COLON) {
      flags |= Flag.HAS_ANNOTATION
      this.next()
      this.annotation++
      if (kind === ParamKind.VarArgs) this.element(false)
      else this.expression()
      this.annotation--
    }
    if (this.token === T.EQUAL) {
      if (kind === ParamKind.VarArgs || kind === ParamKind.VarKeywords) this.fail('* and ** parameters have no default')
      flags |= Flag.HAS_DEFAULT
      this.next()
      this.expression()
    }
    this.emit(Kind.Param, flags, line, column, name, mark)
  }

  /** What a `case` may hold as a literal: a number with a sign, a complex number, a string. */
  protected sum(): void {
    this.operators(SUM)
  }
}

const NOT_A_TARGET: Readonly<Record<number, string>> = {
  [Kind.Call]: 'the result of a call',
  [Kind.String]: 'a string',
  [Kind.FString]: 'an f-string',
  [Kind.Number]: 'a number',
  [Kind.BinOp]: 'the result of an operator',
  [Kind.Compare]: 'a comparison',
  [Kind.None]: 'None',
  [Kind.True]: 'True',
  [Kind.False]: 'False',
  [Kind.Await]: 'an awaited value',
}
