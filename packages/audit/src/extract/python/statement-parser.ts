// Statements of Python, and with them whole files: the last layer of the parser.
import { Flag, Kind, NO_VALUE, ParamKind } from '../../facts/contract.ts'
import { hashBytes } from '../../facts/string-pool.ts'
import { SyntaxProblem } from './lexer.ts'
import { PatternParser } from './pattern-parser.ts'
import * as T from './tokens.ts'

/** A parser of Python files; one is made per thread and used for every file. */
export class PythonParser extends PatternParser {
  /** Lines of the file that was read last. */
  lines = 0

  /**
   * Reads a source that ends with newline and zero. Its nodes are then ready for `layOut`, its strings in `names`.
   * Throws SyntaxProblem; the next call starts afresh.
   */
  parse(source: Uint8Array, options: { readonly closed: boolean; readonly keepDocstrings?: boolean }): void {
    this.resetText()
    this.bodyFlags = 0
    this.keepDocstrings = options.keepDocstrings ?? false
    this.open(source)
    let first = true
    while (this.token !== T.END) {
      if (this.token === T.INDENT) this.fail('an indentation that nothing above asks for')
      this.#statement(first)
      first = false
    }
    // The newline that was added at the end made one line, and one more where the file had closed its last itself.
    this.lines = this.line - (options.closed ? 2 : 1)
    this.emit(Kind.Module, 0, 1, 0, this.lines, 0)
  }

  /** One line of simple statements, or one compound statement. `first`: a string here is a docstring. */
  #statement(first: boolean): void {
    switch (this.token) {
      case T.IF:
        this.#if()
        return
      case T.FOR:
        this.#for(this.mark(), this.tokenLine, this.tokenColumn, 0)
        return
      case T.WHILE:
        this.#while()
        return
      case T.TRY:
        this.#try()
        return
      case T.WITH:
        this.#with(this.mark(), this.tokenLine, this.tokenColumn, 0)
        return
      case T.DEF:
        this.#function(this.mark(), this.tokenLine, this.tokenColumn, 0)
        return
      case T.CLASS:
        this.#class(this.mark(), this.tokenLine, this.tokenColumn)
        return
      case T.AT:
        this.#decorated()
        return
      case T.ASYNC:
        this.#async(this.mark())
        return
      case T.NAME:
        if (this.name === T.SOFT_MATCH && this.#match()) return
        break
      default:
    }
    this.#simple(first)
    while (this.token === T.SEMICOLON) {
      this.next()
      if (this.token === T.NEWLINE) break
      this.#simple(false)
    }
    this.#endOfLine()
  }

  #endOfLine(): void {
    if (this.token === T.NEWLINE) {
      this.next()
      return
    }
    if (this.token !== T.END) this.unexpected('the statement does not end')
  }

  #simple(first: boolean): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    switch (this.token) {
      case T.IMPORT:
        this.#import(mark, line, column, 0)
        return
      case T.FROM:
        this.#from(mark, line, column, 0)
        return
      case T.RETURN:
        this.next()
        if (!this.#endsSimple()) this.expressions()
        this.emit(Kind.Return, 0, line, column, NO_VALUE, mark)
        return
      case T.RAISE:
        this.next()
        if (!this.#endsSimple()) {
          this.expression()
          if (this.token === T.FROM) {
            this.next()
            this.expression()
          }
        }
        this.emit(Kind.Raise, 0, line, column, NO_VALUE, mark)
        return
      case T.PASS:
        this.next()
        this.emit(Kind.Pass, 0, line, column, NO_VALUE, mark)
        return
      case T.BREAK:
        this.next()
        this.emit(Kind.Break, 0, line, column, NO_VALUE, mark)
        return
      case T.CONTINUE:
        this.next()
        this.emit(Kind.Continue, 0, line, column, NO_VALUE, mark)
        return
      case T.DEL:
        this.#delete(mark, line, column)
        return
      case T.ASSERT:
        this.next()
        this.expression()
        if (this.token === T.COMMA) {
          this.next()
          this.expression()
        }
        this.emit(Kind.Assert, 0, line, column, NO_VALUE, mark)
        return
      case T.GLOBAL:
        this.#names(Kind.Global, mark, line, column)
        return
      case T.NONLOCAL:
        this.#names(Kind.Nonlocal, mark, line, column)
        return
      case T.NAME:
        if (this.name === T.SOFT_TYPE && this.#typeAlias(mark, line, column)) return
        if (this.name === T.SOFT_LAZY && this.#lazy(mark, line, column)) return
        if (this.name === T.SOFT_PRINT || this.name === T.SOFT_EXEC) this.#python2()
        break
      case T.STRING:
        this.bare = first ? Flag.DOCSTRING : 0
        break
      default:
    }
    this.#expressionStatement(mark, line, column)
  }

  #endsSimple(): boolean {
    return this.token === T.NEWLINE || this.token === T.SEMICOLON || this.token === T.END
  }

  /** An expression, or an assignment in one of its three forms. */
  #expressionStatement(mark: number, line: number, column: number): void {
    this.yieldOrExpressions()
    const token = this.token
    if (token === T.EQUAL) {
      while (this.token === T.EQUAL) {
        this.store(this.mark() - 1, Flag.STORE)
        this.next()
        this.yieldOrExpressions()
      }
      this.emit(Kind.Assign, 0, line, column, NO_VALUE, mark)
      return
    }
    if (token === T.COLON) {
      this.#annotated(mark, line, column)
      return
    }
    if (token > T.AUGMENTED && token < T.FIRST_KEYWORD) {
      const target = this.mark() - 1
      const kind = this.kindAt(target)
      if (kind !== Kind.Name && kind !== Kind.Attribute && kind !== Kind.Subscript) {
        this.fail('only a name, attribute or element can be the target of an augmented assignment')
      }
      this.setFlags(target, Flag.STORE | Flag.AUGMENTED)
      this.next()
      this.yieldOrExpressions()
      this.emit(Kind.AugAssign, 0, line, column, token - T.AUGMENTED, mark)
      return
    }
    this.emit(Kind.Expr, 0, line, column, NO_VALUE, mark)
  }

  #annotated(mark: number, line: number, column: number): void {
    const target = this.mark() - 1
    const kind = this.kindAt(target)
    if (kind !== Kind.Name && kind !== Kind.Attribute && kind !== Kind.Subscript) {
      this.fail('only a name, attribute or element can have an annotation')
    }
    const simple = kind === Kind.Name && (this.flagsAt(target) & Flag.PARENTHESISED) === 0
    this.setFlags(target, Flag.STORE)
    this.next()
    this.annotation++
    this.expression()
    this.annotation--
    if (this.token === T.EQUAL) {
      this.next()
      this.yieldOrExpressions()
    }
    this.emit(Kind.AnnAssign, simple ? Flag.SIMPLE : 0, line, column, NO_VALUE, mark)
  }

  #delete(mark: number, line: number, column: number): void {
    this.next()
    for (;;) {
      this.operators(5)
      this.store(this.mark() - 1, Flag.DEL)
      if (this.token !== T.COMMA) break
      this.next()
      if (this.#endsSimple()) break
    }
    this.emit(Kind.Delete, 0, line, column, NO_VALUE, mark)
  }

  #names(kind: number, mark: number, line: number, column: number): void {
    do {
      this.next()
      const nameLine = this.tokenLine
      const nameColumn = this.tokenColumn
      this.emit(Kind.Alias, 0, nameLine, nameColumn, this.#identifier('a name'), this.mark())
    } while (this.token === T.COMMA)
    this.emit(kind, 0, line, column, NO_VALUE, mark)
  }

  /** The name that is the current token. */
  #identifier(what: string): number {
    if (this.token !== T.NAME) this.unexpected(`${what} is missing`)
    const name = this.local(this.name)
    this.next()
    return name
  }

  #python2(): void {
    const place = this.place()
    this.next()
    if (this.token === T.STRING || this.token === T.NAME || this.token === T.NUMBER) {
      this.fail('a print or exec statement, as in Python 2', place.tokenLine)
    }
    this.backTo(place)
  }

  // Imports --------------------------------------------------------------------------------------------------------

  #import(mark: number, line: number, column: number, flags: number): void {
    do {
      this.next()
      const alias = this.mark()
      const aliasLine = this.tokenLine
      const aliasColumn = this.tokenColumn
      const name = this.#dotted()
      this.#asName()
      this.emit(Kind.Alias, 0, aliasLine, aliasColumn, name, alias)
    } while (this.token === T.COMMA)
    this.emit(Kind.Import, flags, line, column, NO_VALUE, mark)
  }

  /** `a.b.c` as one string of the file. */
  #dotted(): number {
    const start = this.tokenStart
    const first = this.#identifier('a module name')
    if (this.token !== T.DOT) return first
    const names = [this.pool.text(this.poolId(first))]
    let end = this.at
    while (this.token === T.DOT) {
      this.next()
      end = this.at
      names.push(this.pool.text(this.poolId(this.#identifier('a module name'))))
    }
    const text = names.join('.')
    // Written without spaces (nearly always) its bytes are the name.
    if (end - start === text.length) {
      return this.local(this.pool.intern(this.source, start, end, hashBytes(this.source, start, end)))
    }
    return this.local(this.pool.internText(text))
  }

  #asName(): void {
    if (this.token !== T.AS) return
    this.next()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.emit(Kind.AsName, 0, line, column, this.#identifier("a name after 'as'"), this.mark())
  }

  #from(mark: number, line: number, column: number, lazy: number): void {
    this.next()
    let level = 0
    while (this.token === T.DOT || this.token === T.ELLIPSIS) {
      level += this.token === T.DOT ? 1 : 3
      this.next()
    }
    const module = this.token === T.IMPORT && level > 0 ? NO_VALUE : this.#dotted()
    if (this.token !== T.IMPORT) this.unexpected("'import' is missing")
    this.next()
    const parenthesised = this.token === T.LEFT_PAREN
    if (parenthesised) this.next()
    for (;;) {
      const alias = this.mark()
      const aliasLine = this.tokenLine
      const aliasColumn = this.tokenColumn
      if (this.token === T.STAR && !parenthesised) {
        this.next()
        this.emit(Kind.Alias, 0, aliasLine, aliasColumn, this.local(this.pool.internText('*')), alias)
        break
      }
      const name = this.#identifier('an imported name')
      this.#asName()
      this.emit(Kind.Alias, 0, aliasLine, aliasColumn, name, alias)
      if (this.token !== T.COMMA) break
      this.next()
      if (parenthesised && this.token === T.RIGHT_PAREN) break
    }
    if (parenthesised) this.expect(T.RIGHT_PAREN, "')' of an import")
    const flags = (Math.min(level, 255) << 1) | lazy
    this.emit(Kind.ImportFrom, flags, line, column, module, mark)
  }

  /** `lazy import a` (PEP 810); false when the word is an ordinary name. */
  #lazy(mark: number, line: number, column: number): boolean {
    const place = this.place()
    this.next()
    if (this.token === T.IMPORT) this.#import(mark, line, column, Flag.LAZY)
    else if (this.token === T.FROM) this.#from(mark, line, column, Flag.LAZY)
    else {
      this.backTo(place)
      return false
    }
    return true
  }

  /** `type X[T] = …` (PEP 695); false when the word is an ordinary name. */
  #typeAlias(mark: number, line: number, column: number): boolean {
    const place = this.place()
    this.next()
    if (this.token === T.NAME) {
      const nameLine = this.tokenLine
      const nameColumn = this.tokenColumn
      const name = this.#identifier('a name')
      if (this.token === T.EQUAL || this.token === T.LEFT_BRACKET) {
        this.emit(Kind.Name, Flag.STORE, nameLine, nameColumn, name, this.mark())
        this.#typeParameters()
        this.expect(T.EQUAL, "'=' of a type alias")
        this.expression()
        this.emit(Kind.TypeAlias, 0, line, column, NO_VALUE, mark)
        return true
      }
    }
    this.backTo(place)
    return false
  }

  // Blocks ---------------------------------------------------------------------------------------------------------

  /** `: statements`, on the same line or indented below. `documented`: a leading string is a docstring. */
  #block(kind: number, documented = false): void {
    if (this.token !== T.COLON) this.unexpected("':' is missing")
    this.next()
    const mark = this.mark()
    if (this.token !== T.NEWLINE) {
      const line = this.tokenLine
      const column = this.tokenColumn
      this.#simple(documented)
      while (this.token === T.SEMICOLON) {
        this.next()
        if (this.token === T.NEWLINE) break
        this.#simple(false)
      }
      this.#endOfLine()
      this.emit(kind, 0, line, column, this.statementLine, mark)
      return
    }
    this.next()
    if (this.token !== T.INDENT) this.fail('an indented block is missing')
    this.next()
    const line = this.tokenLine
    const column = this.tokenColumn
    let first = documented
    while (this.token !== T.DEDENT) {
      if (this.token === T.END) break
      if (this.token === T.INDENT) this.fail('an indentation that nothing above asks for')
      this.#statement(first)
      first = false
    }
    const last = this.statementLine
    if (this.token === T.DEDENT) this.next()
    this.emit(kind, 0, line, column, last, mark)
  }

  #else(): void {
    if (this.token !== T.ELSE) return
    this.next()
    this.#block(Kind.Else)
  }

  #if(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    this.namedExpression()
    this.#block(Kind.Body)
    while (this.token === T.ELIF) {
      const elif = this.mark()
      const elifLine = this.tokenLine
      const elifColumn = this.tokenColumn
      this.next()
      this.namedExpression()
      this.#block(Kind.Body)
      this.emit(Kind.Elif, 0, elifLine, elifColumn, NO_VALUE, elif)
    }
    this.#else()
    this.emit(Kind.If, 0, line, column, NO_VALUE, mark)
  }

  #while(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    this.namedExpression()
    this.#block(Kind.Body)
    this.#else()
    this.emit(Kind.While, 0, line, column, NO_VALUE, mark)
  }

  #for(mark: number, line: number, column: number, flags: number): void {
    this.next()
    this.targets()
    this.expect(T.IN, "'in' of a for loop")
    this.expressions()
    this.#block(Kind.Body)
    this.#else()
    this.emit(Kind.For, flags, line, column, NO_VALUE, mark)
  }

  #try(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    let flags = 0
    this.next()
    this.#block(Kind.Body)
    const body = this.mark()
    while (this.token === T.EXCEPT) {
      const handler = this.mark()
      const handlerLine = this.tokenLine
      const handlerColumn = this.tokenColumn
      let name = NO_VALUE
      this.next()
      if (this.token === T.STAR) {
        flags = Flag.STAR
        this.next()
      }
      if (this.token !== T.COLON) {
        // PEP 758: several types need no parentheses.
        this.expressions()
        if (this.token === T.AS) {
          this.next()
          name = this.#identifier("a name after 'as'")
        }
      }
      this.#block(Kind.Body)
      this.emit(Kind.Handler, 0, handlerLine, handlerColumn, name, handler)
    }
    if (this.mark() > body) this.#else()
    if (this.token === T.FINALLY) {
      this.next()
      this.#block(Kind.Finally)
    }
    if (this.mark() === body) this.unexpected("a try has neither 'except' nor 'finally'")
    this.emit(Kind.Try, flags, line, column, NO_VALUE, mark)
  }

  #with(mark: number, line: number, column: number, flags: number): void {
    this.next()
    if (this.token !== T.LEFT_PAREN || !this.#parenthesisedItems()) {
      this.#withItem()
      while (this.token === T.COMMA) {
        this.next()
        this.#withItem()
      }
    }
    this.#block(Kind.Body)
    this.emit(Kind.With, flags, line, column, NO_VALUE, mark)
  }

  #withItem(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.expression()
    if (this.token === T.AS) {
      this.next()
      // One target, no bare tuple; `in` cannot follow, so the targets of a loop would read too much.
      this.element(false)
      this.store(this.mark() - 1, Flag.STORE)
    }
    this.emit(Kind.WithItem, 0, line, column, NO_VALUE, mark)
  }

  /** `(a as b, c as d)`; false, and nothing read, when the parentheses belong to an expression. */
  #parenthesisedItems(): boolean {
    const place = this.place()
    const { nesting, bodyFlags } = this
    try {
      this.next()
      do {
        if (this.token === T.RIGHT_PAREN && this.mark() > place.nodes) break
        this.#withItem()
        if (this.token !== T.COMMA) break
        this.next()
      } while (this.token !== T.END)
      if (this.token === T.RIGHT_PAREN) {
        this.next()
        if (this.token === T.COLON) return true
      }
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem) || problem.tooDeep) throw problem
      this.nesting = nesting
    }
    this.bodyFlags = bodyFlags
    this.backTo(place)
    return false
  }

  #async(mark: number): void {
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    if (this.token === T.DEF) {
      this.#function(mark, line, column, Flag.ASYNC)
      return
    }
    this.bodyFlags |= Flag.AWAITS
    if (this.token === T.FOR) {
      this.#for(mark, line, column, Flag.ASYNC)
      return
    }
    if (this.token === T.WITH) {
      this.#with(mark, line, column, Flag.ASYNC)
      return
    }
    this.unexpected("'def', 'for' or 'with' after 'async' is missing")
  }

  // Definitions ----------------------------------------------------------------------------------------------------

  #decorated(): void {
    const mark = this.mark()
    while (this.token === T.AT) {
      const decorator = this.mark()
      const line = this.tokenLine
      const column = this.tokenColumn
      this.next()
      this.namedExpression()
      this.emit(Kind.Decorator, 0, line, column, NO_VALUE, decorator)
      if (this.token !== T.NEWLINE) this.unexpected('a decorator does not end')
      this.next()
    }
    const line = this.tokenLine
    const column = this.tokenColumn
    if (this.token === T.CLASS) {
      this.#class(mark, line, column)
      return
    }
    let flags = 0
    if (this.token === T.ASYNC) {
      flags = Flag.ASYNC
      this.next()
    }
    if (this.token !== T.DEF) this.unexpected('a function or class under a decorator is missing')
    this.#function(mark, line, column, flags)
  }

  #function(mark: number, line: number, column: number, flags: number): void {
    this.next()
    const name = this.#identifier('the name of a function')
    this.#typeParameters()
    this.expect(T.LEFT_PAREN, "'(' of a function")
    this.parameters(T.RIGHT_PAREN, true)
    this.next()
    if (this.token === T.ARROW) {
      const returns = this.mark()
      const returnsLine = this.tokenLine
      const returnsColumn = this.tokenColumn
      this.next()
      this.annotation++
      this.expressions()
      this.annotation--
      this.emit(Kind.Returns, 0, returnsLine, returnsColumn, NO_VALUE, returns)
    }
    const outer = this.bodyFlags
    this.bodyFlags = 0
    this.#block(Kind.Body, true)
    const own = this.bodyFlags
    this.bodyFlags = outer
    this.emit(Kind.FunctionDef, flags | own, line, column, name, mark)
  }

  #class(mark: number, line: number, column: number): void {
    this.next()
    const name = this.#identifier('the name of a class')
    this.#typeParameters()
    if (this.token === T.LEFT_PAREN) this.arguments()
    this.#block(Kind.Body, true)
    this.emit(Kind.ClassDef, 0, line, column, name, mark)
  }

  /** `[T: bound = default, *Ts, **P]` (PEP 695, 696). */
  #typeParameters(): void {
    if (this.token !== T.LEFT_BRACKET) return
    this.next()
    while (this.token !== T.RIGHT_BRACKET) {
      const mark = this.mark()
      const line = this.tokenLine
      const column = this.tokenColumn
      const token = this.token as number
      const kind =
        token === T.STAR ? ParamKind.VarArgs : token === T.DOUBLE_STAR ? ParamKind.VarKeywords : ParamKind.Positional
      if (kind !== ParamKind.Positional) this.next()
      let flags = kind << 2
      const name = this.#identifier('the name of a type parameter')
      if (this.token === T.COLON) {
        flags |= Flag.HAS_ANNOTATION
        this.next()
        this.expression()
      }
      if (this.token === T.EQUAL) {
        flags |= Flag.HAS_DEFAULT
        this.next()
        this.element(false)
      }
      this.emit(Kind.TypeParam, flags, line, column, name, mark)
      if (this.token !== T.COMMA) break
      this.next()
    }
    this.expect(T.RIGHT_BRACKET, "']' of type parameters")
  }

  // Match ----------------------------------------------------------------------------------------------------------

  /** A match statement; false, and nothing read, when the word is an ordinary name. */
  #match(): boolean {
    const place = this.place()
    const line = this.tokenLine
    const column = this.tokenColumn
    const { nesting, bodyFlags } = this
    let opened = false
    try {
      this.next()
      if (this.#beginsSubject()) {
        const subject = this.mark()
        this.element(true)
        if (this.token === T.COMMA) {
          while (this.token === T.COMMA) {
            this.next()
            if (this.token === T.COLON) break
            this.element(true)
          }
          this.emit(Kind.Tuple, 0, this.lineAt(subject), this.columnAt(subject), NO_VALUE, subject)
        }
        if (this.token === T.COLON) {
          this.next()
          opened = this.token === T.NEWLINE
        }
      }
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem) || problem.tooDeep) throw problem
      this.nesting = nesting
    }
    if (!opened) {
      this.bodyFlags = bodyFlags
      this.backTo(place)
      return false
    }
    this.next()
    if (this.token !== T.INDENT) this.fail('an indented block is missing')
    this.next()
    while (this.token === T.NAME && this.name === T.SOFT_CASE) this.#case()
    if (this.token === T.DEDENT) this.next()
    else if (this.token !== T.END) this.unexpected("'case' is missing")
    this.emit(Kind.Match, 0, line, column, NO_VALUE, place.nodes)
    return true
  }

  #beginsSubject(): boolean {
    const token = this.token
    return (
      token === T.NAME ||
      token === T.STRING ||
      token === T.FORMAT_START ||
      token === T.NUMBER ||
      token === T.LEFT_PAREN ||
      token === T.LEFT_BRACKET ||
      token === T.LEFT_BRACE ||
      token === T.MINUS ||
      token === T.PLUS ||
      token === T.TILDE ||
      token === T.STAR ||
      token === T.ELLIPSIS ||
      token === T.NOT ||
      token === T.AWAIT ||
      token === T.LAMBDA ||
      token === T.NONE ||
      token === T.TRUE ||
      token === T.FALSE
    )
  }

  #case(): void {
    const mark = this.mark()
    const line = this.tokenLine
    const column = this.tokenColumn
    this.next()
    this.patterns()
    if (this.token === T.IF) {
      const guard = this.mark()
      const guardLine = this.tokenLine
      const guardColumn = this.tokenColumn
      this.next()
      this.namedExpression()
      this.emit(Kind.Guard, 0, guardLine, guardColumn, NO_VALUE, guard)
    }
    this.#block(Kind.Body)
    this.emit(Kind.Case, 0, line, column, NO_VALUE, mark)
  }
}
