// A search in the query language of Elasticsearch, with the meaning that PostgreSQL gives to the same text.
import type { FieldWeight, PreparedCondition, PreparedSearch, SearchIndex } from '../contract/contract.ts'
import { highlightEnd, highlightStart } from '../contract/highlight.ts'
import { type QueryTerm, readQueryText } from '../contract/query-text.ts'

const boosts: Readonly<Record<FieldWeight, number>> = { A: 10, B: 4, C: 2, D: 1 }

/** Hits are counted exactly up to here. */
const countedHits = 10_000

/** The body of a search. */
export function searchBody(index: SearchIndex, request: PreparedSearch): object {
  const { query, after, highlight, limit } = request
  return {
    size: limit,
    track_total_hits: countedHits,
    _source: ['id', 'version'],
    sort: [{ _score: 'desc' }, { id: 'asc' }],
    query: {
      bool: {
        ...(query === undefined ? {} : { must: [textQuery(index, query, request.typos)] }),
        filter: request.filters.map(conditionOf),
        must_not: [{ exists: { field: 'removedAt' } }],
      },
    },
    ...(after === undefined ? {} : { search_after: [after.score, after.id] }),
    ...(highlight ? { highlight: excerpts(index) } : {}),
  }
}

function excerpts(index: SearchIndex): object {
  return {
    pre_tags: [highlightStart],
    post_tags: [highlightEnd],
    number_of_fragments: 1,
    fragment_size: 200,
    no_match_size: 200,
    fields: Object.fromEntries(Object.keys(index.fields).map((field) => [`fields.${field}`, {}])),
  }
}

function textQuery(index: SearchIndex, text: string, typos: boolean): object {
  const groups = readQueryText(text).map((terms) => groupQuery(index, terms, typos))
  if (groups.length === 0) return { match_none: {} }
  return { bool: { should: groups, minimum_should_match: 1 } }
}

function groupQuery(index: SearchIndex, terms: readonly QueryTerm[], typos: boolean): object {
  const fields = Object.entries(index.fields).map(([name, { weight = 'D' }]) => `fields.${name}^${boosts[weight]}`)
  const tolerant = Object.keys(index.fields).filter((name) => index.fields[name]?.typos === true)
  const match = ({ text, phrase }: QueryTerm, stopWords: 'all' | 'none') => ({
    multi_match: {
      query: text,
      fields,
      ...(phrase ? { type: 'phrase' } : { operator: 'and' }),
      zero_terms_query: stopWords,
    },
  })
  const near = ({ text, phrase }: QueryTerm): readonly object[] =>
    !typos || phrase || text.length < 4
      ? []
      : tolerant.map((name) => ({
          match: {
            [`fields.${name}`]: { query: text, operator: 'and', fuzziness: 'AUTO', prefix_length: 1, boost: 0.1 },
          },
        }))
  const wanted = terms.filter(({ negated }) => !negated)
  const unwanted = terms.filter(({ negated }) => negated)
  const must = wanted.map((term) => ({
    bool: { should: [match(term, 'all'), ...near(term)], minimum_should_match: 1 },
  }))
  // Each stop word alone is no condition. Nothing but stop words finds nothing, as in PostgreSQL.
  const meant = wanted.map((term) => ({
    bool: { should: [match(term, 'none'), ...near(term)], minimum_should_match: 1 },
  }))
  return {
    bool: {
      must,
      must_not: unwanted.map((term) => match(term, 'none')),
      ...(meant.length === 0 ? {} : { filter: [{ bool: { should: meant, minimum_should_match: 1 } }] }),
    },
  }
}

function conditionOf(condition: PreparedCondition): object {
  const field = `filters.${condition.name}`
  if ('any' in condition) return { terms: { [field]: condition.any } }
  const { from, to } = condition
  return {
    range: { [field]: { ...(from === undefined ? {} : { gte: from }), ...(to === undefined ? {} : { lt: to }) } },
  }
}
