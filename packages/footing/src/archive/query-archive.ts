// Reads rows from the files, and from the table too if wanted: what both hold is decided by one snapshot of the book.

import { isFootingError } from '@footing/kernel'
import type { Transaction } from '../data/contract/contract.ts'
import { quoteName } from '../data/contract/quote.ts'
import { parseColumn } from '../data/query/parse-column.ts'
import { readTexts } from './archive-file.ts'
import { type ArchiveSetting, largestFile } from './archive-setting.ts'
import { type Batch, batchesOf, replacementOf } from './batch-book.ts'
import { meets, rulesOut, type TextCondition } from './column-order.ts'
import { archiveError } from './contract/errors.ts'
import type {
  ArchiveCondition,
  ArchivedTable,
  ArchiveQuery,
  ArchiveRow,
  ArchiveValue,
  QueryReport,
} from './contract.ts'
import { columnsOf, fixTextForms, plainType, tableName, textExpression } from './describe-table.ts'

type Take = (rows: readonly ArchiveRow[]) => Promise<void> | void

interface Plan {
  readonly batches: readonly Batch[]
  readonly conditions: readonly TextCondition[]
  /** Columns of the answer. */
  readonly columns: readonly string[]
  /** Types by column: those of the table, else those of the newest file. */
  readonly types: ReadonlyMap<string, { readonly type: string; readonly oid: number }>
  readonly liveColumns: ReadonlySet<string>
}

const takeRows = 1000

/** Runs a query of the archive. */
export async function queryArchive(
  setting: ArchiveSetting,
  target: ArchivedTable,
  query: ArchiveQuery,
  take: Take,
): Promise<QueryReport> {
  const { signal } = query
  for (const date of [query.from, query.to]) {
    if (date !== undefined && Number.isNaN(date.getTime())) throw invalid('a date is not valid.')
  }
  let rows = 0
  const deliver = async (found: readonly ArchiveRow[]): Promise<void> => {
    signal?.throwIfAborted()
    if (found.length === 0) return
    rows += found.length
    await take(found)
  }
  // A batch is in the table or in its file, never both, at each moment: so one snapshot decides for all rows.
  const plan = await setting.db.transaction(
    async (tx) => {
      await fixTextForms(tx)
      const made = await planQuery(tx, target, query)
      if (query.live === true) await readTable(tx, target, made, deliver)
      return made
    },
    { readOnly: true, isolation: 'repeatable read' },
  )
  let files = 0
  for (const batch of plan.batches) {
    const columns = new Map(batch.columns.map((column) => [column.name, column]))
    if (plan.conditions.some((condition) => rulesOut(condition, columns.get(condition.column)))) continue
    files += 1
    await readFile(setting, batch, plan, deliver)
  }
  return { rows, files, pruned: plan.batches.length - files }
}

async function planQuery(tx: Transaction<unknown>, target: ArchivedTable, query: ArchiveQuery): Promise<Plan> {
  const batches = await batchesOf(tx, target, ['deleted'], query)
  const live = (await columnsOf(tx, target.module, target.table)) ?? []
  const types = new Map<string, { type: string; oid: number }>()
  for (const column of [...live, ...batches.toReversed().flatMap((batch) => batch.columns)]) {
    if (!types.has(column.name)) types.set(column.name, { type: column.type, oid: column.oid })
  }
  const columns = query.columns ?? [...types.keys()]
  const unknown = columns.find((name) => !types.has(name))
  if (unknown !== undefined) throw invalid(`there is no column ${JSON.stringify(unknown.slice(0, 60))}.`)
  const conditions: TextCondition[] = []
  for (const condition of [...(query.where ?? []), ...timeConditions(target, query)]) {
    const type = types.get(condition.column)?.type
    if (type === undefined) throw invalid(`there is no column ${JSON.stringify(condition.column.slice(0, 60))}.`)
    conditions.push(await inText(tx, condition, type))
  }
  return { batches, conditions, columns, types, liveColumns: new Set(live.map(({ name }) => name)) }
}

function timeConditions(target: ArchivedTable, { from, to }: ArchiveQuery): readonly ArchiveCondition[] {
  const column = target.timeColumn
  return [
    ...(from === undefined ? [] : [{ column, is: '>=' as const, value: from }]),
    ...(to === undefined ? [] : [{ column, is: '<' as const, value: to }]),
  ]
}

const operators = new Set(['=', '<', '<=', '>', '>=', 'in'])

/** A condition in PostgreSQL's own form of its values, so that '1e2' finds the integer 100. @throws `archive-query-invalid` */
export async function inText(
  tx: Transaction<unknown>,
  condition: ArchiveCondition,
  type: string,
): Promise<TextCondition> {
  const { column, is, value } = condition
  if (!operators.has(is)) throw invalid(`the comparison ${JSON.stringify(is)} is not known.`)
  const list = Array.isArray(value) ? value : [value]
  if ((is === 'in') !== Array.isArray(value))
    throw invalid(`"in" takes a list, any other comparison one value (${column}).`)
  if (list.length > 1000) throw invalid(`the list for ${column} has more than 1000 values.`)
  const plain = plainType(type)
  const texts = list.map((item) => textOf(item, plain))
  try {
    // Comparing a value with itself fails here for types without that comparison, in the table as in the files.
    const own = `v.value::${plain}`
    const rows = await tx.query<{ text: string }>(
      `select ${textExpression(type, own)} as text, (${own}) ${is === 'in' ? '=' : is} (${own}) as comparable
       from unnest($1::text[]) with ordinality as v(value, n) order by v.n`,
      [texts],
    )
    return { column, type, is, values: rows.map(({ text }) => text) }
  } catch (error) {
    if (!isFootingError(error) || error.retryable) throw error
    throw archiveError(
      'archive-query-invalid',
      { reason: `a value for ${column} is no ${plain}, or ${plain} has no such comparison.` },
      error,
    )
  }
}

function textOf(value: ArchiveValue, type: string): string {
  if (!(value instanceof Date)) return String(value)
  if (Number.isNaN(value.getTime())) throw invalid('a date is not valid.')
  // A day begins at midnight: the first day that is not before this moment.
  if (type === 'date') return new Date(Math.ceil(value.getTime() / 86_400_000) * 86_400_000).toISOString().slice(0, 10)
  return value.toISOString()
}

async function readTable(tx: Transaction<unknown>, target: ArchivedTable, plan: Plan, deliver: Take): Promise<void> {
  // A table that is gone has no rows; a column that it has no more is null in each of them.
  if (plan.liveColumns.size === 0 || plan.conditions.some(({ column }) => !plan.liveColumns.has(column))) return
  const texts = plan.columns.map((name, index) =>
    plan.liveColumns.has(name)
      ? `${textExpression(plan.types.get(name)?.type ?? 'text', `t.${quoteName(name)}`)} as c${index}`
      : `null::text as c${index}`,
  )
  const conditions = plan.conditions.map(({ column, type, is }, index) => {
    const plain = plainType(type)
    const bytewise = /^(?:text|character varying|bpchar|name)$/.test(plain) ? ' collate "C"' : ''
    const values = `$${index + 1}::text[]::${plain}[]`
    return `t.${quoteName(column)}${bytewise} ${is === 'in' ? '=' : is} any (${values})`
  })
  const where = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
  const from = tableName(target.module, target.table)
  await tx.query(
    `declare footing_archive no scroll cursor without hold for select ${texts.join(', ')} from ${from} t${where}`,
    plan.conditions.map(({ values }) => values),
  )
  for (;;) {
    const found = await tx.query<Record<string, string | null>>(`fetch ${takeRows} from footing_archive`)
    await deliver(
      found.map((row) => rowOf(plan, (name, index) => [plan.types.get(name)?.oid ?? 25, row[`c${index}`] ?? null])),
    )
    if (found.length < takeRows) return
  }
}

async function readFile(setting: ArchiveSetting, planned: Batch, plan: Plan, deliver: Take): Promise<void> {
  const { batch, bytes } = await openFile(setting, planned)
  const needed = new Set([...plan.columns, ...plan.conditions.map(({ column }) => column)])
  const columns = batch.columns.filter(({ name }) => needed.has(name))
  const texts = await readTexts(batch, bytes, columns)
  const places = new Map(columns.map((column, index) => [column.name, { column, texts: texts[index] ?? [] }]))
  const voided = new Set(batch.voided)
  let found: ArchiveRow[] = []
  for (let position = 0; position < batch.rows; position += 1) {
    if (voided.has(position)) continue
    const textAt = (name: string): string | null => places.get(name)?.texts[position] ?? null
    if (!plan.conditions.every((condition) => meets(condition, textAt(condition.column)))) continue
    found.push(rowOf(plan, (name) => [places.get(name)?.column.oid ?? 25, textAt(name)]))
    if (found.length < takeRows) continue
    await deliver(found)
    found = []
  }
  await deliver(found)
}

// An erasure may put another file in the place of this one while a query is under way.
async function openFile(setting: ArchiveSetting, planned: Batch): Promise<{ batch: Batch; bytes: Uint8Array }> {
  let batch = planned
  for (;;) {
    try {
      return { batch, bytes: await setting.storage.read(batch.object, { maxBytes: largestFile }) }
    } catch (error) {
      if (!isFootingError(error, 'storage-object-missing')) throw error
      const replacement = await replacementOf(setting.db, batch)
      if (replacement === undefined) throw error
      batch = replacement
    }
  }
}

function rowOf(plan: Plan, cell: (name: string, index: number) => readonly [number, string | null]): ArchiveRow {
  const row: Record<string, unknown> = Object.create(null)
  for (const [index, name] of plan.columns.entries()) {
    const [oid, text] = cell(name, index)
    row[name] = parseColumn(oid, text)
  }
  return row
}

function invalid(reason: string): Error {
  return archiveError('archive-query-invalid', { reason })
}
