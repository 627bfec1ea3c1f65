// Expressions, functions and targets of TypeScript and JavaScript as nodes of the facts.
import type {
  Argument,
  ArrowFunctionExpression,
  AssignmentTarget,
  BindingPattern,
  Class,
  Directive,
  Expression,
  Function as FunctionNode,
  JSXChild,
  JSXElement,
  JSXElementName,
  JSXFragment,
  ObjectExpression,
  ParamPattern,
  PrivateIdentifier,
  PropertyKey,
  Statement,
  TemplateLiteral,
  TSTypeAnnotation,
} from 'oxc-parser'
import { Flag, Kind, NO_VALUE, Op, ParamKind } from '../../facts/contract.ts'
import type { Span } from './syntax-writer.ts'
import { TypeWriter } from './type-writer.ts'

type AnyFunction = FunctionNode | ArrowFunctionExpression
type Target = AssignmentTarget | BindingPattern | PatternElement
/** What stands in a pattern besides a plain target: its union is spelled differently for bindings and assignments. */
type PatternElement =
  | {
      readonly type: 'AssignmentPattern'
      readonly left: Target
      readonly right: Expression
      start: number
      end: number
    }
  | { readonly type: 'RestElement'; readonly argument: Target; start: number; end: number }

const COMPARISONS: Readonly<Record<string, number>> = {
  '==': Op.Equal,
  '===': Op.Equal,
  '!=': Op.NotEqual,
  '!==': Op.NotEqual,
  '<': Op.Less,
  '<=': Op.LessEqual,
  '>': Op.Greater,
  '>=': Op.GreaterEqual,
  in: Op.In,
  instanceof: Op.Is,
}
const OPERATORS: Readonly<Record<string, number>> = {
  '+': Op.Add,
  '-': Op.Subtract,
  '*': Op.Multiply,
  '/': Op.Divide,
  '%': Op.Modulo,
  '**': Op.Power,
  '<<': Op.ShiftLeft,
  '>>': Op.ShiftRight,
  '>>>': Op.ShiftRight,
  '|': Op.BitOr,
  '^': Op.BitXor,
  '&': Op.BitAnd,
}
const UNARY: Readonly<Record<string, number>> = {
  '!': Op.Not,
  '-': Op.Negative,
  '+': Op.Positive,
  '~': Op.Invert,
}

/** Writes expressions. Statements and classes are added by the writers that extend it. */
export abstract class ExpressionWriter extends TypeWriter {
  /** Flags that the innermost function's own body has earned: AWAITS. */
  #bodyFlags = 0

  protected abstract statements(list: readonly (Statement | Directive)[]): void
  protected abstract classLike(node: Class, name: string): void

  protected expression(node: Expression | PrivateIdentifier): void {
    this.deeper()
    this.#expression(node)
    this.shallower()
  }

  #expression(node: Expression | PrivateIdentifier): void {
    switch (node.type) {
      case 'Identifier':
        this.readName(node.name, node)
        break
      case 'ThisExpression':
        this.leaf(Kind.Name, 0, node, this.string('this'))
        break
      case 'Super':
        this.#superCall(node)
        break
      case 'Literal':
        this.#literal(node)
        break
      case 'MemberExpression':
        this.#member(node, 0)
        break
      case 'CallExpression':
        this.call(node.callee, node.arguments, node, 0)
        break
      case 'NewExpression':
        this.call(node.callee, node.arguments, node, Flag.NEW)
        break
      case 'ChainExpression':
      case 'ParenthesizedExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSTypeAssertion':
      case 'TSNonNullExpression':
      case 'TSInstantiationExpression':
        this.expression(node.expression)
        break
      case 'BinaryExpression':
      case 'LogicalExpression':
        this.#chain(node)
        break
      case 'AssignmentExpression':
        this.assignment(node)
        break
      case 'ObjectExpression':
        this.#object(node)
        break
      case 'TemplateLiteral':
        this.#template(node)
        break
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.lambda(node)
        break
      case 'ClassExpression':
        this.classLike(node, node.id?.name ?? '')
        break
      case 'JSXElement':
      case 'JSXFragment':
        this.#jsx(node)
        break
      default:
        this.#composed(node)
    }
  }

  /** Expressions that are a node around their parts. */
  #composed(node: Expression | PrivateIdentifier): void {
    const mark = this.mark()
    switch (node.type) {
      case 'ImportExpression':
        this.leaf(Kind.Name, 0, node, this.string('import'))
        this.expression(node.source)
        this.node(Kind.Call, 0, node, this.lineAtOffset(node.start), mark)
        break
      case 'AwaitExpression':
        this.#bodyFlags |= Flag.AWAITS
        this.#wrap(Kind.Await, node.argument, node, NO_VALUE)
        break
      case 'YieldExpression':
        if (node.argument !== null) this.expression(node.argument)
        this.node(node.delegate ? Kind.YieldFrom : Kind.Yield, 0, node, NO_VALUE, mark)
        break
      case 'UnaryExpression': {
        const operator = UNARY[node.operator]
        if (operator === undefined) this.expression(node.argument)
        else this.#wrap(Kind.UnaryOp, node.argument, node, operator)
        break
      }
      case 'UpdateExpression':
        this.target(node.argument, Flag.STORE | Flag.AUGMENTED | Flag.REBOUND)
        this.leaf(Kind.Number, Flag.INTEGER, node, 1)
        this.node(Kind.AugAssign, 0, node, node.operator === '++' ? Op.Add : Op.Subtract, mark)
        break
      case 'ConditionalExpression':
        this.expression(node.consequent)
        this.expression(node.test)
        this.expression(node.alternate)
        this.node(Kind.IfExp, 0, node, NO_VALUE, mark)
        break
      case 'SequenceExpression':
        for (const one of node.expressions) this.expression(one)
        this.node(Kind.Tuple, 0, node, NO_VALUE, mark)
        break
      case 'ArrayExpression':
        for (const one of node.elements) {
          if (one === null) this.leaf(Kind.None, 0, node)
          else this.argument(one)
        }
        this.node(Kind.List, 0, node, NO_VALUE, mark)
        break
      case 'TaggedTemplateExpression':
        this.expression(node.tag)
        this.#template(node.quasi)
        this.node(Kind.Call, Flag.TAGGED, node, this.lineAtOffset(node.tag.end), mark)
        break
      default:
        // `import.meta`, `new.target` and whatever comes next: nothing that a rule asks about.
        this.leaf(Kind.Ellipsis, 0, node)
    }
  }

  #wrap(kind: number, inner: Expression, span: Span, value: number): void {
    const mark = this.mark()
    this.expression(inner)
    this.node(kind, 0, span, value, mark)
  }

  /** `super` reads as the call `super()` of Python, so that `super.save()` finds the method of the class above. */
  #superCall(span: Span): void {
    const mark = this.mark()
    this.leaf(Kind.Name, 0, span, this.string('super'))
    this.node(Kind.Call, 0, span, this.lineAtOffset(span.start), mark)
  }

  #literal(node: Extract<Expression, { type: 'Literal' }>): void {
    if (typeof node.value === 'string' && !('regex' in node)) this.text(node.value, node)
    else if (typeof node.value === 'boolean') this.leaf(node.value ? Kind.True : Kind.False, 0, node)
    else if (typeof node.value === 'number') this.#number(node.value, node.raw ?? String(node.value), node)
    else if (node.value === null && !('regex' in node) && !('bigint' in node)) this.leaf(Kind.None, 0, node)
    else if ('regex' in node) this.leaf(Kind.Ellipsis, 0, node)
    else this.leaf(Kind.Number, 0, node, this.string(node.raw ?? '0'))
  }

  #number(value: number, raw: string, span: Span): void {
    const small = Number.isInteger(value) && Math.abs(value) < 2 ** 31
    this.leaf(Kind.Number, small ? Flag.INTEGER : 0, span, small ? value : this.string(raw.slice(0, 64)))
  }

  #member(node: Extract<Expression, { type: 'MemberExpression' }>, flags: number): void {
    const mark = this.mark()
    this.expression(node.object)
    if (!node.computed) {
      const name = node.property.type === 'PrivateIdentifier' ? `#${node.property.name}` : node.property.name
      this.node(Kind.Attribute, flags, node, this.string(name), mark)
      return
    }
    // `a['b']` is `a.b`.
    const { property } = node
    if (property.type === 'Literal' && typeof property.value === 'string' && property.value.length < 200) {
      this.node(Kind.Attribute, flags, node, this.string(property.value), mark)
      return
    }
    this.expression(property)
    this.node(Kind.Subscript, flags, node, NO_VALUE, mark)
  }

  protected call(callee: Expression, args: readonly Argument[], span: Span, flags: number): void {
    const mark = this.mark()
    this.expression(callee)
    for (const one of args) this.argument(one)
    this.node(Kind.Call, flags, span, this.lineAtOffset(callee.end), mark)
  }

  protected argument(node: Argument): void {
    if (node.type !== 'SpreadElement') {
      this.expression(node)
      return
    }
    const mark = this.mark()
    this.expression(node.argument)
    this.node(Kind.Starred, 0, node, NO_VALUE, mark)
  }

  /** Operators that hang to the left may be thousands in a generated file, so they are read in a loop. */
  #chain(node: Extract<Expression, { type: 'BinaryExpression' | 'LogicalExpression' }>): void {
    const spine: (typeof node)[] = []
    let left: Expression | PrivateIdentifier = node
    while (left.type === 'BinaryExpression' || left.type === 'LogicalExpression') {
      spine.push(left)
      left = left.left
    }
    const mark = this.mark()
    if (left.type === 'PrivateIdentifier') this.leaf(Kind.Ellipsis, 0, left)
    else this.expression(left)
    for (const one of spine.reverse()) {
      this.expression(one.right)
      if (one.type === 'LogicalExpression') {
        this.node(Kind.BoolOp, 0, one, one.operator === '&&' ? Op.And : Op.Or, mark)
        continue
      }
      const comparison = COMPARISONS[one.operator]
      if (comparison !== undefined) this.node(Kind.Compare, 0, one, comparison, mark)
      else this.node(Kind.BinOp, 0, one, OPERATORS[one.operator] ?? Op.Add, mark)
    }
  }

  #object(node: ObjectExpression): void {
    const mark = this.mark()
    for (const property of node.properties) {
      if (property.type === 'SpreadElement') {
        this.#wrap(Kind.DictUnpack, property.argument, property, NO_VALUE)
        continue
      }
      const name = property.computed ? undefined : keyName(property.key)
      if (name === undefined) this.expression(property.key)
      else this.text(name, property.key)
      this.expression(property.value)
    }
    this.node(Kind.Dict, 0, node, NO_VALUE, mark)
  }

  #template(node: TemplateLiteral): void {
    if (node.expressions.length === 0) {
      const [only] = node.quasis
      this.text(only?.value.cooked ?? only?.value.raw ?? '', node)
      return
    }
    const mark = this.mark()
    for (const [index, quasi] of node.quasis.entries()) {
      const cooked = quasi.value.cooked ?? quasi.value.raw
      if (cooked !== '') this.text(cooked, quasi)
      const inner = node.expressions[index]
      if (inner !== undefined) this.#wrap(Kind.Interpolation, inner, inner, 0)
    }
    this.node(Kind.FString, 0, node, NO_VALUE, mark)
  }

  /** `<Page a={b}>{c}</Page>` is the tuple of the component and every expression inside. */
  #jsx(node: JSXElement | JSXFragment): void {
    const mark = this.mark()
    if (node.type === 'JSXElement') {
      this.#component(node.openingElement.name)
      for (const attribute of node.openingElement.attributes) {
        if (attribute.type === 'JSXSpreadAttribute') this.expression(attribute.argument)
        else if (attribute.value !== null) this.#jsxChild(attribute.value as JSXChild) // a literal has nothing to read
      }
    }
    for (const child of node.children) this.#jsxChild(child)
    this.node(Kind.Tuple, 0, node, NO_VALUE, mark)
  }

  #jsxChild(child: JSXChild): void {
    switch (child.type) {
      case 'JSXElement':
      case 'JSXFragment':
        this.expression(child)
        return
      case 'JSXExpressionContainer':
      case 'JSXSpreadChild':
        if (child.expression.type !== 'JSXEmptyExpression') this.expression(child.expression)
    }
  }

  #component(name: JSXElementName): void {
    if (name.type === 'JSXMemberExpression') {
      const mark = this.mark()
      this.#component(name.object)
      this.node(Kind.Attribute, 0, name, this.string(name.property.name), mark)
    } else if (name.type === 'JSXIdentifier' && /^[A-Z_$]/.test(name.name)) this.readName(name.name, name)
    // The parser gives `<Foo>` as a reference and `<div>` as a JSX name.
    else if ((name.type as string) === 'Identifier') this.readName((name as unknown as { name: string }).name, name)
  }

  // Targets --------------------------------------------------------------------------------------------------------

  /** `a = b`, and everything with an operator before the `=`. */
  protected assignment(node: Extract<Expression, { type: 'AssignmentExpression' }>): void {
    const mark = this.mark()
    if (node.operator !== '=') {
      this.target(node.left, Flag.STORE | Flag.AUGMENTED | Flag.REBOUND)
      this.expression(node.right)
      this.node(Kind.AugAssign, 0, node, OPERATORS[node.operator.slice(0, -1)] ?? Op.Or, mark)
      return
    }
    this.target(node.left, Flag.STORE | Flag.REBOUND)
    this.expression(node.right)
    this.node(Kind.Assign, 0, node, NO_VALUE, mark)
  }

  /** Something that is assigned to; a default value of a pattern follows its target. */
  protected target(node: Target, flags: number): void {
    this.deeper()
    switch (node.type) {
      case 'Identifier':
        this.leaf(Kind.Name, flags, node, this.string(node.name))
        break
      case 'MemberExpression':
        this.#member(node, flags)
        break
      case 'ObjectPattern': {
        const mark = this.mark()
        for (const property of node.properties) {
          const own = this.mark()
          if (property.type === 'RestElement') {
            this.target(property.argument, flags)
            this.node(Kind.Starred, flags, property, NO_VALUE, own)
            continue
          }
          const name = property.computed ? undefined : keyName(property.key as PropertyKey)
          this.#withDefault(property.value, flags)
          this.node(Kind.PatternProperty, 0, property, name === undefined ? NO_VALUE : this.string(name), own)
        }
        this.node(Kind.ObjectPattern, flags, node, NO_VALUE, mark)
        break
      }
      case 'ArrayPattern': {
        const mark = this.mark()
        for (const element of node.elements) {
          if (element === null) this.leaf(Kind.None, 0, node)
          else this.target(element, flags)
        }
        this.node(Kind.Tuple, flags, node, NO_VALUE, mark)
        break
      }
      case 'AssignmentPattern':
        this.target(node.left, flags)
        break
      case 'RestElement': {
        const mark = this.mark()
        this.target(node.argument, flags)
        this.node(Kind.Starred, flags, node, NO_VALUE, mark)
        break
      }
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'TSTypeAssertion':
        this.expression(node.expression)
    }
    this.shallower()
  }

  #withDefault(node: Target, flags: number): void {
    this.target(node, flags)
    if (node.type === 'AssignmentPattern') this.expression(node.right)
  }

  // Functions ------------------------------------------------------------------------------------------------------

  /** A function in the middle of an expression. */
  protected lambda(node: AnyFunction): void {
    const mark = this.mark()
    const flags = this.#functionParts(node, false)
    this.node(Kind.Lambda, flags, node, NO_VALUE, mark)
  }

  /** A function with a name. `lead` writes what comes before the parameters: decorators. */
  protected named(
    node: AnyFunction,
    name: string,
    span: Span,
    more: { readonly flags?: number; readonly method?: boolean; readonly lead?: () => void } = {},
  ): void {
    const mark = this.mark()
    more.lead?.()
    if (more.method === true) this.leaf(Kind.Param, ParamKind.Positional << 2, span, this.string('this'))
    const flags = this.#functionParts(node, true)
    this.node(Kind.FunctionDef, flags | (more.flags ?? 0), span, this.string(name), mark)
  }

  /** Parameters, result and body; gives the flags. A pattern parameter is taken apart at the top of the body. */
  #functionParts(node: AnyFunction, isNamed: boolean): number {
    const outer = this.#bodyFlags
    this.#bodyFlags = 0
    const patterns: { readonly name: string; readonly target: Target }[] = []
    const properties: string[] = []
    for (const [index, param] of node.params.entries()) this.#param(param, index, patterns, properties)
    if (isNamed && node.returnType != null) this.#returns(node.returnType)
    const { body } = node
    const isBlock = body === null || body.type === 'BlockStatement'
    if (!isBlock && !isNamed && patterns.length === 0) this.expression(body)
    else {
      const mark = this.mark()
      for (const { name, target } of patterns) {
        const own = this.mark()
        this.target(target, Flag.STORE)
        this.leaf(Kind.Name, 0, target, this.string(name))
        this.node(Kind.Assign, 0, target, NO_VALUE, own)
      }
      for (const name of properties) {
        const own = this.mark()
        this.leaf(Kind.Name, 0, node, this.string('this'))
        this.node(Kind.Attribute, Flag.STORE, node, this.string(name), own)
        this.leaf(Kind.Name, 0, node, this.string(name))
        this.node(Kind.Assign, 0, node, NO_VALUE, own)
      }
      if (body === null) this.leaf(Kind.Pass, 0, node)
      else if (body.type === 'BlockStatement') this.statements(body.body as readonly (Statement | Directive)[])
      else {
        const own = this.mark()
        this.expression(body)
        this.node(Kind.Return, 0, body, NO_VALUE, own)
      }
      this.node(Kind.Body, 0, body ?? node, this.lineAtOffset(node.end), mark)
    }
    const flags = this.#bodyFlags | (node.async ? Flag.ASYNC : 0) | (node.generator ? Flag.GENERATOR : 0)
    this.#bodyFlags = outer
    return flags
  }

  #returns(type: TSTypeAnnotation): void {
    const mark = this.mark()
    this.annotation(type.typeAnnotation)
    this.node(Kind.Returns, 0, type, NO_VALUE, mark)
  }

  #param(param: ParamPattern, index: number, patterns: { name: string; target: Target }[], properties: string[]): void {
    const mark = this.mark()
    const decorators = param.decorators ?? []
    let inner: ParamPattern | BindingPattern = param
    if (inner.type === 'TSParameterProperty') {
      inner = inner.parameter
      const bound = inner.type === 'AssignmentPattern' ? inner.left : inner
      if (bound.type === 'Identifier') properties.push(bound.name)
    }
    const rest = inner.type === 'RestElement'
    let target: BindingPattern = inner.type === 'RestElement' ? inner.argument : (inner as BindingPattern) // no third kind
    let standard: Expression | undefined
    if (target.type === 'AssignmentPattern') {
      standard = target.right as Expression
      target = target.left
    }
    const type =
      inner.type === 'RestElement'
        ? inner.typeAnnotation
        : 'typeAnnotation' in target
          ? target.typeAnnotation
          : undefined
    let flags = (rest ? ParamKind.VarArgs : ParamKind.Positional) << 2
    if (type != null) {
      this.annotation(type.typeAnnotation)
      flags |= Flag.HAS_ANNOTATION
    }
    if (standard !== undefined) {
      this.expression(standard)
      flags |= Flag.HAS_DEFAULT
    }
    for (const { expression } of decorators) this.#wrap(Kind.Decorator, expression, expression, NO_VALUE)
    let name = `{${index}}`
    if (target.type === 'Identifier') name = target.name
    else patterns.push({ name, target })
    // A parameter begins with its decorators, however it was read from the parser.
    const start = Math.min(param.start, decorators[0]?.start ?? param.start)
    this.node(Kind.Param, flags, { start }, this.string(name), mark)
  }

  protected decorators(list: readonly { readonly expression: Expression; start: number; end: number }[]): void {
    for (const decorator of list) this.#wrap(Kind.Decorator, decorator.expression, decorator, NO_VALUE)
  }
}

/** The name of a key that is written out, undefined for one that is computed. */
export function keyName(key: PropertyKey): string | undefined {
  if (key.type === 'Identifier') return key.name
  if (key.type === 'PrivateIdentifier') return `#${key.name}`
  if (key.type === 'Literal') return String(key.value)
  return undefined
}
