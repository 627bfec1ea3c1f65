// Type annotations: what they say about values is kept, the rest of the type language reads as an unknown name.
import type { TSType, TSTypeName, TSTypeQueryExprName } from 'oxc-parser'
import { Kind, NO_VALUE, Op } from '../../facts/contract.ts'
import { type Span, SyntaxWriter } from './syntax-writer.ts'

/** Keywords of the type language that say nothing about whom a value may reach. */
const OPAQUE = 'unknown'

/** Writes annotations as expressions: `A | null` is a BinOp, `A<B>` and `A[]` are a Subscript, as in Python. */
export class TypeWriter extends SyntaxWriter {
  /** True while annotations are read that a decorator keeps at run time (`emitDecoratorMetadata`). */
  protected keptAtRunTime = false

  protected annotation(type: TSType): void {
    this.deeper()
    this.#annotation(type)
    this.shallower()
  }

  #annotation(type: TSType): void {
    switch (type.type) {
      case 'TSTypeReference':
        this.#reference(type.typeName, type.typeArguments?.params ?? [], type)
        return
      case 'TSArrayType': {
        const mark = this.mark()
        this.leaf(Kind.Name, 0, type, this.string('Array'))
        this.annotation(type.elementType)
        this.node(Kind.Subscript, 0, type, NO_VALUE, mark)
        return
      }
      case 'TSUnionType':
      case 'TSIntersectionType': {
        // What an intersection has, each part has: for "whom may this reach" both mean "one of these".
        const mark = this.mark()
        const [first, ...rest] = type.types
        if (first === undefined) this.#opaque(type)
        else this.annotation(first)
        for (const one of rest) {
          this.annotation(one)
          this.node(Kind.BinOp, 0, type, Op.BitOr, mark)
        }
        return
      }
      case 'TSNullKeyword':
      case 'TSUndefinedKeyword':
      case 'TSVoidKeyword':
        this.leaf(Kind.None, 0, type)
        return
      case 'TSStringKeyword':
        this.leaf(Kind.Name, 0, type, this.string('string'))
        return
      case 'TSParenthesizedType':
      case 'TSTypeOperator':
        this.annotation(type.typeAnnotation)
        return
      case 'TSTupleType': {
        const mark = this.mark()
        this.leaf(Kind.Name, 0, type, this.string('tuple'))
        const items = this.mark()
        for (const item of type.elementTypes) {
          if (item.type === 'TSNamedTupleMember' || item.type === 'TSOptionalType') this.#opaque(item)
          else if (item.type === 'TSRestType') this.leaf(Kind.Ellipsis, 0, item)
          else this.annotation(item as TSType) // the union has only types besides these
        }
        this.node(Kind.Tuple, 0, type, NO_VALUE, items)
        this.node(Kind.Subscript, 0, type, NO_VALUE, mark)
        return
      }
      default:
        this.#opaque(type)
    }
  }

  #reference(name: TSTypeName, args: readonly TSType[], span: Span): void {
    const mark = this.mark()
    this.#typeName(name)
    if (args.length === 0) return
    const inner = this.mark()
    for (const one of args) this.annotation(one)
    if (args.length > 1) this.node(Kind.Tuple, 0, span, NO_VALUE, inner)
    this.node(Kind.Subscript, 0, span, NO_VALUE, mark)
  }

  #typeName(name: TSTypeName | TSTypeQueryExprName): void {
    if (name.type === 'Identifier') {
      if (this.keptAtRunTime) this.valueNames.add(name.name)
      this.leaf(Kind.Name, 0, name, this.string(name.name))
    } else if (name.type === 'TSQualifiedName') {
      const mark = this.mark()
      this.#typeName(name.left)
      this.node(Kind.Attribute, 0, name, this.string(name.right.name), mark)
    } else this.#opaque(name)
  }

  #opaque(span: Span): void {
    this.leaf(Kind.Name, 0, span, this.string(OPAQUE))
  }
}
