// Pages by key: the next page begins after the last row that was seen, so that page 10 000 costs what page 1 costs and
// nothing is skipped or shown twice when rows come and go meanwhile.
import { type SelectQueryBuilder, sql } from 'kysely'
import { dataError } from '../contract/errors.ts'

/** One column of the order. Together the columns must be unique, so the last is usually the primary key. */
export interface KeyColumn<Row> {
  /** Column or alias of the query's result; its values must be text, numbers, booleans or dates, and never null. */
  readonly column: keyof Row & string
  readonly direction: 'asc' | 'desc'
}

/** What is asked for. */
export interface KeysetRequest<Row> {
  readonly order: readonly [KeyColumn<Row>, ...KeyColumn<Row>[]]
  /** Rows on a page, 1 to 1000. */
  readonly limit: number
  /** `next` of the page before; left out for the first one. Input from outside is welcome: it is checked. */
  readonly after?: string | undefined
}

/** One page. */
export interface KeysetPage<Row> {
  readonly rows: readonly Row[]
  /** Where the next page begins; undefined on the last one. Opaque, safe in a URL. */
  readonly next: string | undefined
}

const mostRows = 1000

/**
 * Reads one page of a query. The query must not have an order or a limit of its own. An index on the columns of `order`,
 * in that order, makes every page cheap.
 * @throws data-cursor-invalid when `after` is not the `next` of a page in this order
 */
export async function keysetPage<DB, Tables extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, Tables, Row>,
  request: KeysetRequest<Row>,
): Promise<KeysetPage<Row>> {
  const { order, limit, after } = request
  if (!Number.isInteger(limit) || limit < 1 || limit > mostRows) {
    throw dataError('data-invalid-value', { reason: `a page has 1 to ${mostRows} rows, not ${limit}` })
  }
  let page = query
  if (after !== undefined) page = page.where(behind(order, readCursor(after, order)))
  for (const { column, direction } of order) page = page.orderBy(sql.ref(column), direction)
  // One row more tells whether there is a next page, without counting anything.
  const rows = await page.limit(limit + 1).execute()
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { rows: shown, next: rows.length > limit && last !== undefined ? writeCursor(order, last) : undefined }
}

/** All pages, one after the other; each is a statement of its own, so no connection is held between them. */
export async function* keysetPages<DB, Tables extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, Tables, Row>,
  request: KeysetRequest<Row>,
): AsyncGenerator<readonly Row[]> {
  let after = request.after
  do {
    const page = await keysetPage(query, { ...request, after })
    if (page.rows.length > 0) yield page.rows
    after = page.next
  } while (after !== undefined)
}

type KeyValue = string | number | boolean

/** `(a, b) > (1, 2)` where all go one way, so that an index on both is used; else the same spelled out. */
function behind<Row>(order: readonly KeyColumn<Row>[], values: readonly KeyValue[]) {
  const columns = order.map(({ column }) => sql.ref(column))
  if (order.every(({ direction }) => direction === order[0]?.direction)) {
    const sign = order[0]?.direction === 'desc' ? sql.raw('<') : sql.raw('>')
    return sql<boolean>`(${sql.join(columns)}) ${sign} (${sql.join(values)})`
  }
  const alternatives = order.map(({ direction }, index) => {
    const equal = columns.slice(0, index).map((column, at) => sql<boolean>`${column} = ${values[at]}`)
    const sign = direction === 'desc' ? sql.raw('<') : sql.raw('>')
    return sql`(${sql.join([...equal, sql`${columns[index]} ${sign} ${values[index]}`], sql` and `)})`
  })
  return sql<boolean>`(${sql.join(alternatives, sql` or `)})`
}

function writeCursor<Row>(order: readonly KeyColumn<Row>[], row: Row): string {
  const values = order.map(({ column }) => {
    const value: unknown = row[column]
    if (value instanceof Date) return value.toISOString()
    if (typeof value === 'bigint') return String(value)
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value
    throw dataError('data-invalid-value', {
      reason: `a page cannot be ordered by ${column}, whose value is ${typeof value}`,
    })
  })
  return Buffer.from(JSON.stringify([signature(order), ...values])).toString('base64url')
}

function readCursor<Row>(cursor: string, order: readonly KeyColumn<Row>[]): readonly KeyValue[] {
  const refuse = () => dataError('data-cursor-invalid')
  if (cursor.length > 4096) throw refuse()
  let content: unknown
  try {
    content = JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    throw refuse()
  }
  if (!Array.isArray(content) || content.length !== order.length + 1 || content[0] !== signature(order)) throw refuse()
  const values: unknown[] = content.slice(1)
  return values.map((value) => {
    const scalar = typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number'
    if (!scalar || (typeof value === 'string' && value.includes('\0'))) throw refuse()
    return value
  })
}

/** Binds a cursor to its order: one of another list would begin somewhere arbitrary. */
function signature<Row>(order: readonly KeyColumn<Row>[]): string {
  return order.map(({ column, direction }) => `${column} ${direction}`).join(',')
}
