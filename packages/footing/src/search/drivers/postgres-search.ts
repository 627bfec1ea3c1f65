// One search as one statement: what matches, its rank, the page behind the cursor, the excerpts of that page, the total.
import type {
  DriverPage,
  FilterKind,
  PreparedCondition,
  PreparedSearch,
  Row,
  SearchIndex,
} from '../contract/contract.ts'
import { columnName } from '../contract/define-index.ts'
import { searchError } from '../contract/errors.ts'
import { highlightEnd, highlightStart } from '../contract/highlight.ts'
import { type QueryTerm, readQueryText } from '../contract/query-text.ts'
import { tablesOf } from './postgres-names.ts'

/** A search that is ready to be sent. */
export interface SearchStatement {
  readonly text: string
  readonly values: readonly unknown[]
  /** Sent before it in the same transaction. */
  readonly settings: string | undefined
  pageOf(rows: readonly Row[]): DriverPage
}

// How much of a word must be found in a field; "postgers" and "postgres" share 0.56.
const similarity = "select set_config('pg_trgm.word_similarity_threshold', '0.4', true)"
const excerpt = `StartSel="${highlightStart}", StopSel="${highlightEnd}", MaxWords=35, MinWords=15, ShortWord=0`

/** Writes it. Every value is a parameter. */
export function searchStatement(schema: string, index: SearchIndex, request: PreparedSearch): SearchStatement {
  const { table, state } = tablesOf(schema, index)
  const values: unknown[] = [index.name, index.fingerprint]
  const value = (given: unknown, type: string): string => `$${values.push(given)}::${type}`
  const language = `'pg_catalog.${index.language}'::regconfig`
  // A parameter that no part of the statement uses has no type, and PostgreSQL refuses it.
  const asksText = request.query !== undefined || request.highlight
  const query = asksText ? `websearch_to_tsquery(${language}, ${value(request.query ?? '', 'text')})` : ''
  const match = matchOf(index, request, { query, language, value })
  const conditions = [
    'kept.generation = (select active from state)',
    'kept.removed_at is null',
    ...match.conditions,
    ...request.filters.map((filter) => conditionOf(filter, value)),
  ]
  const { after } = request
  const behind =
    after === undefined
      ? 'true'
      : `(score < ${value(after.score, 'real')} or (score = ${value(after.score, 'real')} and id > ${value(after.id, 'text')}))`
  const excerpts = request.highlight ? Object.keys(index.fields) : []
  const headlines = excerpts.map(
    (field) =>
      `, ts_headline(${language}, kept.field_${columnName(field)}, ${query}, '${excerpt}') as excerpt_${columnName(field)}`,
  )
  // The total comes in a row of its own shape also when the page is empty.
  const text = `with state as materialized (select active from ${state} where name = $1 and fingerprint = $2),
    found as materialized (
      select kept.id, kept.version, (${match.score})::real as score from ${table} kept where ${conditions.join(' and ')}
    ),
    page as (select * from found where ${behind} order by score desc, id limit ${value(request.limit, 'int')})
    select (select count(*) from state) as known, (select count(*) from found) as total,
      page.id, page.version, page.score${headlines.join('')}
    from (select 1) as always left join page on true
      left join ${table} kept on kept.id = page.id and kept.generation = (select active from state)
    order by page.score desc, page.id`
  return {
    text,
    values,
    settings: request.typos ? similarity : undefined,
    pageOf: (rows) => pageOf(index, excerpts, rows),
  }
}

interface Parts {
  readonly query: string
  readonly language: string
  readonly value: (given: unknown, type: string) => string
}

function matchOf(index: SearchIndex, { query: text, typos }: PreparedSearch, { query, language, value }: Parts) {
  if (text === undefined) return { conditions: [], score: '0' }
  // Long texts count less; 1 divides by 1 + log(length).
  const rank = `ts_rank_cd(kept.words, ${query}, 1)`
  if (!typos) return { conditions: [`kept.words @@ ${query}`], score: rank }
  const columns = Object.keys(index.fields)
    .filter((field) => index.fields[field]?.typos === true)
    .map((field) => `kept.field_${columnName(field)}`)
  const likenesses: string[] = []
  const termOf = ({ text: term, phrase, negated }: QueryTerm): string => {
    const given = value(term, 'text')
    const wanted = `${phrase ? 'phraseto' : 'plainto'}_tsquery(${language}, ${given})`
    const exact = `kept.words @@ ${wanted}`
    if (negated) return `not ${exact}`
    // Three letters are like too many words.
    const near = phrase || term.length < 4 ? [] : columns.map((column) => `${given} operator(public.<%) ${column}`)
    if (near.length > 0)
      likenesses.push(...columns.map((column) => `coalesce(public.word_similarity(${given}, ${column}), 0)`))
    // A stop word is no condition.
    return `(numnode(${wanted}) = 0 or ${[exact, ...near].join(' or ')})`
  }
  const groups = readQueryText(text).map((terms) => `(${terms.map(termOf).join(' and ')})`)
  const likeness = likenesses.length === 0 ? '' : ` + 0.01 * (${likenesses.join(' + ')})`
  return {
    conditions: [`numnode(${query}) > 0`, `(${groups.length === 0 ? 'false' : groups.join(' or ')})`],
    score: `${rank}${likeness}`,
  }
}

const scalarTypes: Readonly<Record<FilterKind, string>> = {
  keyword: 'text',
  number: 'double precision',
  date: 'timestamptz',
  boolean: 'boolean',
}

function conditionOf(condition: PreparedCondition, value: Parts['value']): string {
  const column = `kept.filter_${columnName(condition.name)}`
  const type = scalarTypes[condition.kind]
  if ('any' in condition) {
    const given = value(condition.any, `${type}[]`)
    return condition.kind === 'keyword' ? `${column} && ${given}` : `${column} = any (${given})`
  }
  const { from, to } = condition
  return [
    ...(from === undefined ? [] : [`${column} >= ${value(from, type)}`]),
    ...(to === undefined ? [] : [`${column} < ${value(to, type)}`]),
  ].join(' and ')
}

function pageOf(index: SearchIndex, excerpts: readonly string[], rows: readonly Row[]): DriverPage {
  const [first] = rows
  if (Number(first?.known) === 0) throw searchError('search-index-changed', { index: index.name })
  const hits = rows
    .filter(({ id }) => typeof id === 'string')
    .map((row) => {
      const highlight = excerpts.flatMap((field) => {
        const text = row[`excerpt_${columnName(field)}`]
        return typeof text === 'string' && text !== '' ? [[field, text] as const] : []
      })
      return {
        id: String(row.id),
        version: Number(row.version),
        score: Number(row.score),
        ...(excerpts.length === 0 ? {} : { highlight: Object.fromEntries(highlight) }),
      }
    })
  return { hits, total: { value: Number(first?.total ?? 0), exact: true } }
}
