// Where code reads and writes tables: query builders by their methods, SQL by its text, models by the table behind them.
import { Kind } from '../facts/contract.ts'
import type { Confidence } from '../facts/place.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { RuleContext } from '../rule/rule.ts'
import { constantText, positional, receiverOf } from '../survey/expressions.ts'
import { Sql } from '../survey/sql-text.ts'
import { type Site, surveyOf } from '../survey/survey.ts'
import { type TableUse, tableStatements } from './table-statements.ts'

/** A use of a table at a place. */
export interface PlacedUse extends TableUse, Site {
  /** What the code does, for people: `insertInto('invoice')`, `insert into invoice`. */
  readonly words: string
  readonly confidence: Confidence
}

/** Methods that are given the table as text: Kysely, and Knex's `into` and `from`. */
const BUILDERS: Readonly<Record<string, boolean>> = {
  insertInto: true,
  replaceInto: true,
  updateTable: true,
  deleteFrom: true,
  mergeInto: true,
  into: true,
  selectFrom: false,
  innerJoin: false,
  leftJoin: false,
  rightJoin: false,
  fullJoin: false,
  crossJoin: false,
}
/** Methods of a Prisma model. */
const MODEL_METHODS: Readonly<Record<string, boolean>> = {
  create: true,
  createMany: true,
  createManyAndReturn: true,
  update: true,
  updateMany: true,
  updateManyAndReturn: true,
  upsert: true,
  delete: true,
  deleteMany: true,
  findUnique: false,
  findUniqueOrThrow: false,
  findFirst: false,
  findFirstOrThrow: false,
  findMany: false,
  count: false,
  aggregate: false,
  groupBy: false,
}
/** Methods of Drizzle and TypeORM that are given the table's object or the entity's class. */
const OBJECT_METHODS: Readonly<Record<string, boolean>> = {
  insert: true,
  update: true,
  delete: true,
  from: false,
  getRepository: true,
  InjectRepository: true,
}
const DEFINERS = ['pgTable', 'mysqlTable', 'sqliteTable', 'table'] as const
/** Knex: `db('invoice').insert(…)`. */
const KNEX_WRITES = ['insert', 'update', 'del', 'delete', 'increment', 'decrement', 'truncate'] as const

/** Every use of a table whose lower-case name is wanted, in no particular order. */
export function tableUses(context: RuleContext, wanted: ReadonlySet<string>): PlacedUse[] {
  if (wanted.size === 0) return []
  const found = [
    ...sqlUses(context),
    ...builderUses(context),
    ...modelUses(context, wanted),
    ...objectUses(context),
    ...knexUses(context),
  ]
  return found.filter(({ table, schema }) => wanted.has(table.toLowerCase()) || schema !== '')
}

function sqlUses(context: RuleContext): PlacedUse[] {
  const uses: PlacedUse[] = []
  const seen = new Set<string>()
  for (const { module, node, classes } of surveyOf(context).sql) {
    if ((classes & Sql.Statement) === 0) continue
    const tree = context.trees[module]!
    const around = tree.parent(node)
    const whole = tree.kind(around) === Kind.FString ? around : node
    const key = `${module}:${whole}`
    if (seen.has(key)) continue
    seen.add(key)
    for (const use of tableStatements(constantText(tree, whole))) {
      const name = use.schema === '' ? use.table : `${use.schema}.${use.table}`
      uses.push({
        ...use,
        module,
        node: whole,
        words: use.writes ? `SQL that writes \`${name}\`` : `SQL that reads \`${name}\``,
        confidence: 'definite',
      })
    }
  }
  return uses
}

function builderUses(context: RuleContext): PlacedUse[] {
  const uses: PlacedUse[] = []
  for (const [method, writes] of Object.entries(BUILDERS)) {
    for (const site of surveyOf(context).callsNamed(method)) {
      const tree = context.trees[site.module]!
      const given = positional(tree, site.node, 0)
      if (receiverOf(tree, site.node) < 0 || given < 0) continue
      for (const text of textsOf(tree, given)) {
        const [name = ''] = text.trim().split(/\s+as\s+|\s+/)
        uses.push({ ...nameParts(name), writes, ...site, words: `\`${method}('${name}')\``, confidence: 'definite' })
      }
    }
  }
  return uses
}

function nameParts(name: string): { schema: string; table: string } {
  const dot = name.lastIndexOf('.')
  return { schema: dot < 0 ? '' : name.slice(0, dot), table: name.slice(dot + 1) }
}

/** A text, or the texts of a list. */
function textsOf(tree: SyntaxTree, node: number): string[] {
  if (tree.kind(node) === Kind.String) return [tree.text(node)]
  if (tree.kind(node) !== Kind.List) return []
  const texts: string[] = []
  for (let at = tree.firstChild(node); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.String) texts.push(tree.text(at))
  }
  return texts
}

const CLIENT = /prisma|^(?:db|client|tx|trx|transaction|orm)$/i

/** `prisma.invoice.create(…)`: the model between the client and the method, as its table is called. */
function modelUses(context: RuleContext, wanted: ReadonlySet<string>): PlacedUse[] {
  const uses: PlacedUse[] = []
  for (const [method, writes] of Object.entries(MODEL_METHODS)) {
    for (const site of surveyOf(context).callsNamed(method)) {
      const tree = context.trees[site.module]!
      const model = receiverOf(tree, site.node)
      if (model < 0 || tree.kind(model) !== Kind.Attribute) continue
      const client = tree.firstChild(model)
      const clientName =
        tree.kind(client) === Kind.Name || tree.kind(client) === Kind.Attribute ? tree.text(client) : ''
      if (!CLIENT.test(clientName)) continue
      const name = tree.text(model)
      const table = [name.toLowerCase(), snake(name)].find((form) => wanted.has(form))
      if (table === undefined) continue
      const words = `\`${clientName}.${name}.${method}\``
      uses.push({ schema: '', table, writes, ...site, words, confidence: 'probable' })
    }
  }
  return uses
}

const snake = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()

/** `db.insert(invoices)`, `manager.getRepository(Invoice)`: the table behind a variable or a class of the project. */
function objectUses(context: RuleContext): PlacedUse[] {
  const tables = definedTables(context)
  if (tables.size === 0) return []
  const uses: PlacedUse[] = []
  for (const [method, writes] of Object.entries(OBJECT_METHODS)) {
    for (const site of surveyOf(context).callsNamed(method)) {
      const tree = context.trees[site.module]!
      const given = positional(tree, site.node, 0)
      if (given < 0 || tree.kind(given) !== Kind.Name) continue
      const table = tables.get(tree.text(given))
      if (table === undefined) continue
      const words = `\`${method}(${tree.text(given)})\``
      uses.push({ schema: '', table, writes, ...site, words, confidence: 'probable' })
    }
  }
  return uses
}

/** `const invoices = pgTable('invoice', …)` and `@Entity('invoice') class Invoice`, by name; a name used twice is left out. */
function definedTables(context: RuleContext): Map<string, string> {
  const tables = new Map<string, string>()
  const twice = new Set<string>()
  const add = (name: string, table: string) => {
    if (tables.has(name) && tables.get(name) !== table) twice.add(name)
    tables.set(name, table)
  }
  for (const definer of DEFINERS) {
    for (const { module, node } of surveyOf(context).callsNamed(definer)) {
      const tree = context.trees[module]!
      const given = positional(tree, node, 0)
      const holder = tree.parent(node)
      const target = tree.firstChild(holder)
      if (given < 0 || tree.kind(given) !== Kind.String) continue
      if (tree.kind(holder) === Kind.Assign && tree.kind(target) === Kind.Name) add(tree.text(target), tree.text(given))
    }
  }
  for (const { module, node } of surveyOf(context).callsNamed('Entity')) {
    const tree = context.trees[module]!
    const given = positional(tree, node, 0)
    const decorated = tree.parent(tree.parent(node))
    if (given < 0 || tree.kind(decorated) !== Kind.ClassDef) continue
    const named = tree.kind(given) === Kind.String ? tree.text(given) : ''
    if (named !== '') add(tree.text(decorated), named)
  }
  for (const name of twice) tables.delete(name)
  return tables
}

function knexUses(context: RuleContext): PlacedUse[] {
  const uses: PlacedUse[] = []
  for (const method of KNEX_WRITES) {
    for (const site of surveyOf(context).callsNamed(method)) {
      const tree = context.trees[site.module]!
      const call = firstCallOf(tree, receiverOf(tree, site.node))
      const given = call < 0 ? -1 : positional(tree, call, 0)
      if (given < 0 || tree.kind(given) !== Kind.String || tree.kind(call + 1) !== Kind.Name) continue
      const table = tree.text(given)
      const words = `\`${tree.text(call + 1)}('${table}').${method}\``
      uses.push({ ...nameParts(table), writes: true, ...site, words, confidence: 'probable' })
    }
  }
  return uses
}

/** The call at the bottom of a chain: `db('x')` of `db('x').where(…).limit(1)`. */
function firstCallOf(tree: SyntaxTree, from: number): number {
  let found = -1
  for (let at = from, steps = 0; at >= 0 && steps < 60; steps++) {
    const kind = tree.kind(at)
    if (kind === Kind.Call) found = at
    else if (kind !== Kind.Attribute) break
    at = tree.firstChild(at)
  }
  return found
}
