// Statements of TypeScript and JavaScript, and with them whole files: the last layer of the reader.
import type {
  Class,
  Comment,
  Directive,
  DoWhileStatement,
  ExportAllDeclaration,
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  Expression,
  ForInStatement,
  ForOfStatement,
  ForStatement,
  IfStatement,
  ImportDeclaration,
  ModuleExportName,
  Program,
  Statement,
  SwitchStatement,
  TryStatement,
  TSExportAssignment,
  TSImportEqualsDeclaration,
  VariableDeclaration,
  WhileStatement,
} from 'oxc-parser'
import { Flag, Kind, NO_VALUE } from '../../facts/contract.ts'
import { ClassWriter, unwrapped } from './class-writer.ts'
import type { Span } from './syntax-writer.ts'
import { typeImports } from './type-imports.ts'

const TYPE_IMPORT = /\bimport\s*\(/
/** Comments that speak to a checker are kept; of the others only the line. */
const SPOKEN = /\bfooting\s*:|\b(?:no-console|noConsole)\b/i

/** A reader of TypeScript files; one is made per thread and used for every file. */
export class StatementWriter extends ClassWriter {
  /** Lines of the file that was read last. */
  lines = 0
  /** Aliases of imports with the name that they bind, to be marked when the file is read. */
  readonly #aliases: { readonly node: number; readonly name: string }[] = []

  /** Writes a parsed file. Its nodes are then ready for `layOut`. @throws RangeError for what nests too deeply */
  write(program: Program, source: string, comments: readonly Comment[]): void {
    this.open(source)
    this.#aliases.length = 0
    this.lines = this.lineTotal(source)
    const { body } = program
    for (const statement of body) this.#statement(statement)
    if (TYPE_IMPORT.test(source))
      for (const { specifier, span } of typeImports(program)) this.#typeImport(specifier, span)
    for (const { node, name } of this.#aliases) if (this.valueNames.has(name)) this.setFlags(node, Flag.USED)
    for (const { value, start } of comments) {
      this.comment(this.lineAtOffset(start), SPOKEN.test(value) ? this.string(`//${value}`.slice(0, 1000)) : NO_VALUE)
    }
    this.emit(Kind.Module, 0, 1, 0, this.lines, 0)
  }

  protected statements(list: readonly (Statement | Directive)[]): void {
    for (const statement of list) this.#statement(statement)
  }

  #statement(node: Statement | Directive): void {
    this.deeper()
    this.#write(node)
    this.shallower()
  }

  #write(node: Statement | Directive): void {
    switch (node.type) {
      case 'ExpressionStatement':
        this.#expressionStatement(node.expression, node)
        break
      case 'VariableDeclaration':
        this.#variables(node)
        break
      case 'FunctionDeclaration':
        if (node.body !== null) this.named(node, node.id?.name ?? 'default', node)
        break
      case 'ClassDeclaration':
        if (node.declare !== true) this.classLike(node, node.id?.name ?? 'default')
        break
      case 'ReturnStatement':
        this.#with(Kind.Return, node.argument, node)
        break
      case 'ThrowStatement':
        this.#with(Kind.Raise, node.argument, node)
        break
      case 'IfStatement':
        this.#if(node)
        break
      case 'BlockStatement':
        this.statements(node.body)
        break
      case 'ForStatement':
        this.#for(node)
        break
      case 'ForInStatement':
      case 'ForOfStatement':
        this.#forEach(node)
        break
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.#while(node)
        break
      case 'SwitchStatement':
        this.#switch(node)
        break
      case 'TryStatement':
        this.#try(node)
        break
      case 'LabeledStatement':
      case 'WithStatement':
        this.#statement(node.body)
        break
      case 'BreakStatement':
        this.leaf(Kind.Break, 0, node)
        break
      case 'ContinueStatement':
        this.leaf(Kind.Continue, 0, node)
        break
      default:
        this.#writeOfModule(node)
    }
  }

  /** Imports, exports and declarations of types: what stands at the top of a file or a namespace. */
  #writeOfModule(node: Statement | Directive): void {
    switch (node.type) {
      case 'ImportDeclaration':
        this.#import(node)
        break
      case 'ExportNamedDeclaration':
        this.#exportNamed(node)
        break
      case 'ExportDefaultDeclaration':
        this.#exportDefault(node)
        break
      case 'ExportAllDeclaration':
        this.#exportAll(node)
        break
      case 'TSExportAssignment':
        this.#exportAssignment(node)
        break
      case 'TSImportEqualsDeclaration':
        this.#importEquals(node)
        break
      case 'TSInterfaceDeclaration':
        this.interfaceLike(node)
        break
      case 'TSEnumDeclaration':
        this.enumLike(node)
        break
      case 'TSModuleDeclaration':
        if (node.kind !== 'global') this.namespaceLike(node)
        break
      case 'TSTypeAliasDeclaration': {
        const mark = this.mark()
        this.storeName(node.id.name, node.id)
        this.annotation(node.typeAnnotation)
        this.node(Kind.TypeAlias, 0, node, NO_VALUE, mark)
      }
    }
  }

  #for(node: ForStatement): void {
    const { init, test, update } = node
    if (init !== null) {
      if (init.type === 'VariableDeclaration') this.#variables(init)
      else this.#expressionStatement(init, init)
    }
    const mark = this.mark()
    if (test === null) this.leaf(Kind.True, 0, node)
    else this.expression(test)
    this.#block(Kind.Body, node.body, update === null ? undefined : () => this.#expressionStatement(update, update))
    this.node(Kind.While, 0, node, NO_VALUE, mark)
  }

  #forEach(node: ForInStatement | ForOfStatement): void {
    const mark = this.mark()
    if (node.left.type === 'VariableDeclaration') {
      const [declared] = node.left.declarations
      if (declared !== undefined) this.target(declared.id, Flag.STORE)
    } else this.target(node.left, Flag.STORE | Flag.REBOUND)
    this.expression(node.right)
    this.#block(Kind.Body, node.body)
    this.node(Kind.For, node.type === 'ForOfStatement' && node.await ? Flag.ASYNC : 0, node, NO_VALUE, mark)
  }

  #while(node: WhileStatement | DoWhileStatement): void {
    const mark = this.mark()
    this.expression(node.test)
    this.#block(Kind.Body, node.body)
    this.node(Kind.While, 0, node, NO_VALUE, mark)
  }

  #switch(node: SwitchStatement): void {
    const mark = this.mark()
    this.expression(node.discriminant)
    for (const one of node.cases) {
      const own = this.mark()
      if (one.test === null) this.leaf(Kind.MatchAs, 0, one)
      else {
        const pattern = this.mark()
        this.expression(one.test)
        this.node(Kind.MatchValue, 0, one.test, NO_VALUE, pattern)
      }
      this.#block(Kind.Body, one.consequent, undefined, one)
      this.node(Kind.Case, 0, one, NO_VALUE, own)
    }
    this.node(Kind.Match, 0, node, NO_VALUE, mark)
  }

  #try(node: TryStatement): void {
    const mark = this.mark()
    this.#block(Kind.Body, node.block)
    if (node.handler !== null) {
      const own = this.mark()
      const { param } = node.handler
      this.#block(Kind.Body, node.handler.body)
      const name = param?.type === 'Identifier' ? this.string(param.name) : NO_VALUE
      this.node(Kind.Handler, 0, node.handler, name, own)
    }
    if (node.finalizer !== null) this.#block(Kind.Finally, node.finalizer)
    this.node(Kind.Try, 0, node, NO_VALUE, mark)
  }

  #exportAll(node: ExportAllDeclaration): void {
    const flags = Flag.RE_EXPORT | typeOnly(node.exportKind)
    if (node.exported !== null) {
      this.#namespace(node.source.value, exportName(node.exported), flags, node)
      return
    }
    const mark = this.mark()
    this.leaf(Kind.Alias, 0, node, this.string('*'))
    this.node(Kind.ImportFrom, flags, node, this.string(node.source.value), mark)
  }

  /** `export = value`. */
  #exportAssignment(node: TSExportAssignment): void {
    const mark = this.mark()
    this.storeName('export=', node)
    this.expression(node.expression)
    this.node(Kind.Assign, 0, node, NO_VALUE, mark)
  }

  /** `import x = require('y')`; an alias of a namespace imports nothing. */
  #importEquals(node: TSImportEqualsDeclaration): void {
    const { moduleReference } = node
    if (moduleReference.type !== 'TSExternalModuleReference') return
    const flags = Flag.REQUIRE | typeOnly(node.importKind)
    this.#namespace(moduleReference.expression.value, node.id.name, flags, node)
  }

  #with(kind: number, inner: Expression | null, span: Span): void {
    const mark = this.mark()
    if (inner !== null) this.expression(inner)
    this.node(kind, 0, span, NO_VALUE, mark)
  }

  #block(kind: number, body: Statement | readonly Statement[], after?: () => void, span?: Span): void {
    const mark = this.mark()
    const place = span ?? (body as Statement) // an array comes with its span
    if (Array.isArray(body)) this.statements(body as readonly Statement[])
    else this.#statement(body as Statement)
    after?.()
    if (this.mark() === mark) this.leaf(Kind.Pass, 0, place)
    this.node(kind, 0, place, this.lineAtOffset(place.end), mark)
  }

  /** A chain of `else if` may be long, so it is read in a loop. */
  #if(node: IfStatement): void {
    const mark = this.mark()
    this.expression(node.test)
    this.#block(Kind.Body, node.consequent)
    let rest = node.alternate
    while (rest?.type === 'IfStatement') {
      const own = this.mark()
      this.expression(rest.test)
      this.#block(Kind.Body, rest.consequent)
      this.node(Kind.Elif, 0, rest, NO_VALUE, own)
      rest = rest.alternate
    }
    if (rest != null) this.#block(Kind.Else, rest)
    this.node(Kind.If, 0, node, NO_VALUE, mark)
  }

  #expressionStatement(expression: Expression, span: Span): void {
    const inner = unwrapped(expression)
    if (inner.type === 'AssignmentExpression') {
      if (inner.operator === '=' && this.#commonExport(inner)) return
      this.assignment(inner)
      return
    }
    if (inner.type === 'UpdateExpression') {
      this.expression(inner)
      return
    }
    const mark = this.mark()
    this.expression(expression)
    this.node(Kind.Expr, 0, span, NO_VALUE, mark)
  }

  /** `exports.x = …` and `module.exports = …` also bind what importers find: `x`, or `export=` for the whole. */
  #commonExport(node: Extract<Expression, { type: 'AssignmentExpression' }>): boolean {
    const name = exportedBy(node.left as Expression)
    if (name === undefined) return false
    const value = unwrapped(node.right)
    if (isFunction(value) && name !== 'export=') {
      this.named(value, name, node)
      return true
    }
    const mark = this.mark()
    this.target(node.left, Flag.STORE)
    if (value.type !== 'Identifier' || value.name !== name) this.storeName(name, node)
    this.expression(node.right)
    this.node(Kind.Assign, 0, node, NO_VALUE, mark)
    return true
  }

  #variables(node: VariableDeclaration): void {
    if (node.declare === true) return
    for (const { id, init, start, end } of node.declarations) {
      const span = { start, end }
      const value = init === null ? undefined : unwrapped(init)
      if (id.type === 'Identifier' && value !== undefined && isFunction(value)) {
        this.named(value, id.name, span)
        continue
      }
      if (id.type === 'Identifier' && value?.type === 'ClassExpression') {
        this.classLike(value, id.name)
        continue
      }
      const type = 'typeAnnotation' in id ? id.typeAnnotation : undefined
      const mark = this.mark()
      this.target(id, Flag.STORE)
      if (type != null) {
        this.annotation(type.typeAnnotation)
        if (init !== null) this.expression(init)
        this.node(Kind.AnnAssign, id.type === 'Identifier' ? Flag.SIMPLE : 0, span, NO_VALUE, mark)
      } else if (init !== null) {
        this.expression(init)
        this.node(Kind.Assign, 0, span, NO_VALUE, mark)
      } else {
        // `let x` alone: bound here, nothing known yet.
        this.leaf(Kind.Ellipsis, 0, span)
        this.node(Kind.Assign, 0, span, NO_VALUE, mark)
      }
    }
  }

  /** `import('x')` in a type, wherever it stands, as a call behind the last statement. */
  #typeImport(specifier: string, span: Span): void {
    const mark = this.mark()
    this.leaf(Kind.Name, 0, span, this.string('import'))
    this.text(specifier, span)
    this.node(Kind.Call, Flag.TYPE_IMPORT, span, this.lineAtOffset(span.start), mark)
    this.node(Kind.Expr, 0, span, NO_VALUE, mark)
  }

  // Imports and exports ----------------------------------------------------------------------------------------------

  #import(node: ImportDeclaration): void {
    const mark = this.mark()
    const kind = typeOnly(node.importKind)
    let named = node.specifiers.length === 0
    for (const one of node.specifiers) {
      if (one.type === 'ImportNamespaceSpecifier') continue
      named = true
      const imported = one.type === 'ImportDefaultSpecifier' ? 'default' : exportName(one.imported)
      const own = one.type === 'ImportSpecifier' ? typeOnly(one.importKind) : 0
      this.#alias(imported, one.local.name, own, one)
    }
    const specifier = this.string(node.source.value)
    if (named) this.node(Kind.ImportFrom, kind, node, specifier, mark)
    for (const one of node.specifiers) {
      if (one.type === 'ImportNamespaceSpecifier') this.#namespace(node.source.value, one.local.name, kind, node)
    }
  }

  #namespace(specifier: string, local: string, flags: number, span: Span): void {
    const mark = this.mark()
    this.#alias(specifier, local, 0, span)
    this.node(Kind.Import, flags, span, NO_VALUE, mark)
  }

  #alias(name: string, local: string, flags: number, span: Span): void {
    const mark = this.mark()
    if (name !== local) this.leaf(Kind.AsName, 0, span, this.string(local))
    this.node(Kind.Alias, flags, span, this.string(name), mark)
    this.#aliases.push({ node: this.mark() - 1, name: local })
  }

  #exportNamed(node: ExportNamedDeclaration): void {
    if (node.declaration !== null) {
      this.#statement(node.declaration)
      return
    }
    if (node.source !== null) {
      const mark = this.mark()
      for (const one of node.specifiers) {
        this.#alias(exportName(one.local), exportName(one.exported), typeOnly(one.exportKind), one)
      }
      const flags = Flag.RE_EXPORT | typeOnly(node.exportKind)
      this.node(Kind.ImportFrom, flags, node, this.string(node.source.value), mark)
      return
    }
    for (const one of node.specifiers) {
      const local = exportName(one.local)
      const exported = exportName(one.exported)
      if (node.exportKind !== 'type' && one.exportKind !== 'type') this.valueNames.add(local)
      if (local === exported) continue
      const mark = this.mark()
      this.storeName(exported, one)
      this.leaf(Kind.Name, 0, one, this.string(local))
      this.node(Kind.Assign, 0, one, NO_VALUE, mark)
    }
  }

  #exportDefault({ declaration }: ExportDefaultDeclaration): void {
    switch (declaration.type) {
      case 'TSInterfaceDeclaration':
        this.interfaceLike(declaration)
        this.#default(declaration.id.name, declaration)
        return
      case 'FunctionDeclaration':
      case 'TSDeclareFunction':
        if (declaration.body !== null) this.named(declaration, declaration.id?.name ?? 'default', declaration)
        this.#default(declaration.id?.name, declaration)
        return
      case 'ClassDeclaration': {
        const isNamed = declaration.id !== null
        this.classLike(declaration as Class, declaration.id?.name ?? 'default')
        if (isNamed) this.#default(declaration.id?.name, declaration)
        return
      }
    }
    const expression = declaration as Expression // what is no declaration above is one
    const value = unwrapped(expression)
    if (isFunction(value)) {
      this.named(value, 'default', value)
      return
    }
    if (value.type === 'ClassExpression') {
      this.classLike(value, 'default')
      return
    }
    const mark = this.mark()
    this.storeName('default', expression)
    this.expression(expression)
    this.node(Kind.Assign, 0, expression, NO_VALUE, mark)
  }

  /** Binds `default` to a declaration that has a name of its own. */
  #default(name: string | undefined, span: Span): void {
    if (name === undefined) return
    const mark = this.mark()
    this.storeName('default', span)
    this.leaf(Kind.Name, 0, span, this.string(name))
    this.node(Kind.Assign, 0, span, NO_VALUE, mark)
  }
}

const typeOnly = (kind: string | undefined): number => (kind === 'type' ? Flag.TYPE_ONLY : 0)

const exportName = (name: ModuleExportName): string => (name.type === 'Literal' ? name.value : name.name)

const isFunction = (node: Expression): node is Extract<Expression, { type: 'ArrowFunctionExpression' }> =>
  node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression'

/** The name that an assignment offers to importers by CommonJS, undefined for any other. */
function exportedBy(node: Expression): string | undefined {
  if (node.type !== 'MemberExpression' || node.computed) return undefined
  const { object, property } = node
  const name = property.name
  if (object.type === 'Identifier') {
    if (object.name === 'exports') return name
    return object.name === 'module' && name === 'exports' ? 'export=' : undefined
  }
  if (object.type !== 'MemberExpression' || object.computed || object.object.type !== 'Identifier') return undefined
  return object.object.name === 'module' && object.property.name === 'exports' ? name : undefined
}
