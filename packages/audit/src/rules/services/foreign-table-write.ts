// foreign-table-write: the models or migrations of two services declare the same table.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { type ServiceFolder, serviceFolders, serviceOf } from './service-folders.ts'

export const rule: Rule = {
  id: 'services/foreign-table-write',
  decision: 'services',
  severity: 'high',
  effort: { minutes: 600, per: 'site' },
  trial: false,
  summary: 'Two services declare the same table as their own.',
  assures: { says: 'each table has one owner', from: 1 },
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const folders = serviceFolders(context)
  if (folders.length < 2) return { detections: [], examined: { count: 0, of: 'tables' } }
  const tables = declaredTables(context, folders)
  return {
    detections: [...tables].flatMap(([table, declarations]) => judgeTable(table, declarations)),
    examined: { count: tables.size, of: 'tables' },
  }
}

interface Declaration {
  readonly place: Place
  readonly service: ServiceFolder
}

function declaredTables(
  { program, trees }: RuleContext,
  folders: readonly ServiceFolder[],
): Map<string, Declaration[]> {
  const tables = new Map<string, Declaration[]>()
  for (const module of program.modules) {
    const tree = trees[module.id]
    if (tree === undefined || module.role === 'test' || module.role === 'example') continue
    const service = serviceOf(module.path, folders)
    if (service === undefined) continue
    for (const { table, line } of tablesOf(tree)) {
      const declaration = { place: { path: module.path, line }, service }
      const declarations = tables.get(table)
      if (declarations === undefined) tables.set(table, [declaration])
      else declarations.push(declaration)
    }
  }
  return tables
}

/** `__tablename__ = "x"` and `db_table = "x"` in a class whose Meta does not say `managed = False`. */
function* tablesOf(tree: SyntaxTree): Generator<{ table: string; line: number }> {
  const tablename = tree.strings.id('__tablename__')
  const dbTable = tree.strings.id('db_table')
  if (!tree.mentions(tablename) && !tree.mentions(dbTable)) return
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) !== Kind.Assign || tree.kind(tree.scope(node)) !== Kind.ClassDef) continue
    const target = tree.firstChild(node)
    const value = tree.lastChild(node)
    const name = tree.kind(target) === Kind.Name ? tree.name(target) : -1
    if ((name !== tablename && name !== dbTable) || tree.kind(value) !== Kind.String || isUnmanaged(tree, node))
      continue
    const table = tree.text(value).replace(/^.*\./, '').replace(/"/g, '').toLowerCase()
    if (table !== '') yield { table, line: tree.line(node) }
  }
}

/** A sibling `managed = False` makes the model a view on somebody else's table. */
function isUnmanaged(tree: SyntaxTree, node: number): boolean {
  const body = tree.parent(node)
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.Assign) continue
    if (tree.text(tree.firstChild(at)) === 'managed' && tree.kind(tree.lastChild(at)) === Kind.False) return true
  }
  return false
}

function judgeTable(table: string, declarations: readonly Declaration[]): Detection[] {
  const services = [...new Set(declarations.map(({ service }) => service))]
  const [first, ...rest] = declarations
  if (first === undefined || services.length < 2) return []
  const other = rest.find(({ service }) => service !== first.service)
  if (other === undefined) return []
  const names = services.map(({ folder }) => `\`${folder || '.'}\``)
  return [
    {
      place: other.place,
      subject: table,
      evidence: services
        .map(({ folder }) => folder)
        .sort()
        .join(', '),
      message: {
        what: `The table \`${table}\` is declared by the services ${names.join(' and ')}.`,
        why: 'Whichever migrates first decides for the other, and both write rows that the other believes to be its own.',
        do: 'Let one service own the table; the other reads it through a view (`managed = False`) or an operation.',
      },
      confidence: 'probable',
      related: [{ ...first.place, label: `also declared by ${first.service.folder || 'the root'}` }],
    },
  ]
}
