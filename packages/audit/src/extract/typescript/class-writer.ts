// Classes, interfaces, enums and namespaces of TypeScript, with the members in the shape that methods have in Python.
import type {
  Class,
  ClassElement,
  Expression,
  FormalParameter,
  ParamPattern,
  PropertyKey,
  TSEnumDeclaration,
  TSInterfaceDeclaration,
  TSMethodSignature,
  TSModuleDeclaration,
  TSTypeAnnotation,
} from 'oxc-parser'
import { Flag, Kind, NO_VALUE, ParamKind } from '../../facts/contract.ts'
import { ExpressionWriter, keyName } from './expression-writer.ts'
import type { Span } from './syntax-writer.ts'

type Field = Extract<ClassElement, { type: `${string}Property${string}` }>

/** Writes whatever has members. */
export abstract class ClassWriter extends ExpressionWriter {
  protected classLike(
    node: Class,
    name: string,
    extra: readonly { expression: Expression; start: number; end: number }[] = [],
  ): void {
    const mark = this.mark()
    this.decorators(extra)
    this.decorators(node.decorators)
    if (node.superClass !== null) this.expression(node.superClass)
    for (const one of node.implements ?? []) this.#base(one.expression as Expression)
    const body = this.mark()
    const isDecorated = node.decorators.length > 0 || extra.length > 0
    for (const member of node.body.body) this.#member(member, isDecorated)
    if (this.mark() === body) this.leaf(Kind.Pass, 0, node)
    this.node(Kind.Body, 0, node.body, this.lineAtOffset(node.end), body)
    this.node(Kind.ClassDef, 0, node, this.string(name), mark)
  }

  /** `implements X` and `extends X` of an interface: a base that is gone at run time, so not a use of the name. */
  #base(node: Expression): void {
    if (node.type === 'Identifier') this.leaf(Kind.Name, 0, node, this.string(node.name))
    else if (node.type === 'MemberExpression' && !node.computed) {
      const mark = this.mark()
      this.#base(node.object)
      this.node(Kind.Attribute, 0, node, this.string(node.property.name), mark)
    } else this.leaf(Kind.Ellipsis, 0, node)
  }

  #member(member: ClassElement, isDecorated: boolean): void {
    switch (member.type) {
      case 'StaticBlock':
        this.statements(member.body)
        return
      case 'MethodDefinition':
      case 'TSAbstractMethodDefinition': {
        const { value } = member
        // Overloads have no body and say the same again.
        if (value.body === null && member.type === 'MethodDefinition') return
        const isConstructor = member.kind === 'constructor'
        const name = isConstructor ? '__init__' : memberName(member.key, member.computed)
        const kept = this.keptAtRunTime
        this.keptAtRunTime = isConstructor ? isDecorated : member.decorators.length > 0
        const flags =
          (member.static ? Flag.STATIC : 0) |
          (member.kind === 'get' ? Flag.GETTER : member.kind === 'set' ? Flag.SETTER : 0)
        this.named(value, name, member, { flags, method: true, lead: () => this.decorators(member.decorators) })
        this.keptAtRunTime = kept
        return
      }
      case 'PropertyDefinition':
      case 'TSAbstractPropertyDefinition':
      case 'AccessorProperty':
      case 'TSAbstractAccessorProperty':
        this.#field(member)
    }
  }

  /** A field that holds a function is a method; decorators of other fields are read for what they call. */
  #field(field: Field): void {
    const name = memberName(field.key, field.computed)
    const value = field.value === null ? undefined : unwrapped(field.value)
    if (value?.type === 'ArrowFunctionExpression' || value?.type === 'FunctionExpression') {
      const lead = (): void => this.decorators(field.decorators)
      this.named(value, name, field, { flags: field.static ? Flag.STATIC : 0, method: true, lead })
      return
    }
    for (const { expression } of field.decorators) {
      const mark = this.mark()
      this.expression(expression)
      this.node(Kind.Expr, 0, expression, NO_VALUE, mark)
    }
    const mark = this.mark()
    this.storeName(name, field)
    const kept = this.keptAtRunTime
    this.keptAtRunTime = field.decorators.length > 0
    if (field.typeAnnotation != null) this.annotation(field.typeAnnotation.typeAnnotation)
    this.keptAtRunTime = kept
    if (field.value !== null) this.expression(field.value)
    if (field.typeAnnotation != null) this.node(Kind.AnnAssign, Flag.SIMPLE, field, NO_VALUE, mark)
    else if (field.value !== null) this.node(Kind.Assign, 0, field, NO_VALUE, mark)
    else this.rewind(mark)
  }

  protected interfaceLike(node: TSInterfaceDeclaration): void {
    const mark = this.mark()
    for (const one of node.extends) this.#base(one.expression)
    const body = this.mark()
    for (const member of node.body.body) {
      if (member.type === 'TSMethodSignature') this.#signature(member)
      else if (member.type === 'TSPropertySignature' && member.typeAnnotation !== null) {
        const name = member.computed ? undefined : keyName(member.key)
        if (name === undefined) continue
        this.#declared(name, member.typeAnnotation, member)
      }
    }
    if (this.mark() === body) this.leaf(Kind.Pass, 0, node)
    this.node(Kind.Body, 0, node.body, this.lineAtOffset(node.end), body)
    this.node(Kind.ClassDef, Flag.INTERFACE, node, this.string(node.id.name), mark)
  }

  /** A property of a function type is a method without a body; any other is a field. */
  #declared(name: string, { typeAnnotation: type }: TSTypeAnnotation, span: Span): void {
    if (type.type === 'TSFunctionType') this.#abstract(name, type.params, type.returnType, span)
    else {
      const mark = this.mark()
      this.storeName(name, span)
      this.annotation(type)
      this.node(Kind.AnnAssign, Flag.SIMPLE, span, NO_VALUE, mark)
    }
  }

  #signature(member: TSMethodSignature): void {
    const name = member.computed ? undefined : keyName(member.key)
    if (name !== undefined) this.#abstract(name, member.params, member.returnType, member)
  }

  #abstract(name: string, params: readonly ParamPattern[], returns: TSTypeAnnotation | null, span: Span): void {
    const mark = this.mark()
    this.leaf(Kind.Param, ParamKind.Positional << 2, span, this.string('this'))
    for (const [index, param] of params.entries()) {
      // Only names count here; a pattern in a signature binds nothing.
      const bound = param as FormalParameter
      const own = bound.type === 'Identifier' ? bound.name : `{${index}}`
      this.leaf(Kind.Param, ParamKind.Positional << 2, param, this.string(own))
    }
    if (returns !== null) {
      const own = this.mark()
      this.annotation(returns.typeAnnotation)
      this.node(Kind.Returns, 0, returns, NO_VALUE, own)
    }
    const body = this.mark()
    this.leaf(Kind.Pass, 0, span)
    this.node(Kind.Body, 0, span, this.lineAtOffset(span.end), body)
    this.node(Kind.FunctionDef, 0, span, this.string(name), mark)
  }

  protected enumLike(node: TSEnumDeclaration): void {
    const mark = this.mark()
    const body = this.mark()
    for (const member of node.body.members) {
      const own = this.mark()
      this.storeName(member.id.type === 'Identifier' ? member.id.name : '', member)
      if (member.initializer === null) this.leaf(Kind.Ellipsis, 0, member)
      else this.expression(member.initializer)
      this.node(Kind.Assign, 0, member, NO_VALUE, own)
    }
    if (this.mark() === body) this.leaf(Kind.Pass, 0, node)
    this.node(Kind.Body, 0, node.body, this.lineAtOffset(node.end), body)
    this.node(Kind.ClassDef, Flag.ENUM, node, this.string(node.id.name), mark)
  }

  /** `declare module 'x'` says that there is such a module: only its name is kept. */
  #ambient(name: string, span: Span): void {
    const mark = this.mark()
    const body = this.mark()
    this.leaf(Kind.Pass, 0, span)
    this.node(Kind.Body, 0, span, this.lineAtOffset(span.end), body)
    this.node(Kind.ClassDef, Flag.NAMESPACE | Flag.AMBIENT, span, this.string(name), mark)
  }

  /** `namespace X { … }` offers its names as a class does. */
  protected namespaceLike(node: TSModuleDeclaration): void {
    if (node.id.type === 'Literal') {
      this.#ambient(node.id.value, node)
      return
    }
    if (node.body === null || node.declare || node.id.type !== 'Identifier') return
    const mark = this.mark()
    const body = this.mark()
    this.statements(node.body.body)
    if (this.mark() === body) this.leaf(Kind.Pass, 0, node)
    this.node(Kind.Body, 0, node.body, this.lineAtOffset(node.end), body)
    this.node(Kind.ClassDef, Flag.NAMESPACE, node, this.string(node.id.name), mark)
  }
}

const memberName = (key: PropertyKey, computed: boolean): string => (computed ? '[]' : (keyName(key) ?? '[]'))

/** An expression without `as`, `!`, `satisfies` and parentheses around it. */
export function unwrapped(node: Expression): Expression {
  let at = node
  for (;;) {
    switch (at.type) {
      case 'ParenthesizedExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSTypeAssertion':
      case 'TSNonNullExpression':
        at = at.expression
        continue
      default:
        return at
    }
  }
}
