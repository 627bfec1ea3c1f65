// Every coded error of search.
import { defineErrors, type FootingError } from '@footing/kernel'

/** The closed table of this capability. */
export const searchErrors = defineErrors({
  'search-index-invalid': {
    status: 500,
    retryable: false,
    what: 'The search index {index} cannot be used: {reason}',
    why: 'Its declaration becomes names of tables and columns, and both drivers must be able to hold it.',
    remedy: 'Correct the declaration given to defineSearchIndex(…).',
  },
  'search-index-missing': {
    status: 500,
    retryable: false,
    what: 'The search index {index} is not there: {reason}',
    why: 'In PostgreSQL its tables are made by a migration of the module, as its other tables are.',
    remedy:
      'PostgreSQL: write the text of searchMigration(index) into a new migration of the module, and apply it. Elasticsearch: rebuild the index.',
  },
  'search-index-changed': {
    status: 500,
    retryable: false,
    what: 'The search index {index} was made for another declaration.',
    why: 'Its fields, weights, filters or language differ, so that documents would be stored or found wrongly.',
    remedy: 'Give the changed index a new name, create it, rebuild it, and remove the old one after the deployment.',
  },
  'search-document-invalid': {
    status: 400,
    retryable: false,
    what: 'A document for the search index {index} cannot be stored: {reason}',
    why: 'It does not match the declaration of the index. No document of the call was stored.',
    remedy: 'Correct what the message names.',
  },
  'search-document-too-large': {
    status: 413,
    retryable: false,
    what: 'A document for the search index {index} is too large: {reason}',
    why: 'Very long texts make every search slower, and PostgreSQL refuses more than 1 MiB of distinct words.',
    remedy: 'Put the part into the index that people search for, or several documents instead of one.',
  },
  'search-document-refused': {
    status: 502,
    retryable: false,
    what: 'The search server refused {count} of {all} documents, first for this reason: {reason}',
    why: 'The others are stored. Putting all of them again is safe, because of their versions.',
    remedy: 'Read the reason. It is that of the server, without the content of the document.',
  },
  'search-request-invalid': {
    status: 400,
    retryable: false,
    what: 'The search cannot be understood: {reason}',
    why: 'An option is not what the index allows. The text of the query itself is never a reason.',
    remedy: 'Correct what the message names.',
  },
  'search-cursor-invalid': {
    status: 400,
    retryable: false,
    what: 'The page cannot be found: {reason}',
    why: 'A cursor belongs to the query and filters of the page that gave it.',
    remedy: 'Begin with the first page, by leaving `after` out.',
  },
  'search-unsupported': {
    status: 500,
    retryable: false,
    what: 'The search index {index} has no {ability}: {reason}.',
    why: 'Answering without it would look as if there were nothing to find.',
    remedy: '{instead}',
  },
  'search-rebuild-replaced': {
    status: 409,
    retryable: false,
    what: 'The rebuild of the search index {index} ended, because another one began after it.',
    why: 'Two at once would mix their documents. The later one goes on; searches use the old index until it is done.',
    remedy: 'Nothing, when the other one is wanted. Otherwise run one at a time.',
  },
  'search-rebuild-blocked': {
    status: 503,
    retryable: true,
    what: 'The rebuild of the search index {index} could not begin or end: open transactions with puts were in the way.',
    why: 'It has to wait for each of them for a moment, so that none of their documents is lost.',
    remedy: 'Look for long transactions that put documents, and start the rebuild again.',
  },
  'search-timeout': {
    status: 504,
    retryable: true,
    what: 'The search server did not answer {operation} within {ms} ms.',
    why: 'Waiting longer would hold the caller for something that may never come.',
    remedy: 'Look at the load of the server; allow slow ones more with timeoutMs in SEARCH_URL.',
  },
  'search-unreachable': {
    status: 503,
    retryable: true,
    what: 'The search server cannot be reached: {reason}',
    why: 'The connection failed, or the server is overloaded, after several attempts.',
    remedy: 'Check that it runs, and host and port of SEARCH_URL.',
  },
  'search-access-refused': {
    status: 500,
    retryable: false,
    what: 'The search server refused the access: it answered {status}.',
    why: 'The credentials are wrong or lack a right.',
    remedy: 'Check the credentials of SEARCH_URL and what they may do with indexes of its prefix.',
  },
  'search-failed': {
    status: 502,
    retryable: false,
    what: 'The search server could not do {operation}: {reason}',
    why: 'It answered with a fault that has no code of its own here.',
    remedy: 'Read the reason, and the log of the search server.',
  },
  'search-url-invalid': {
    status: 500,
    retryable: false,
    what: 'The search URL cannot be used: {reason}',
    why: 'It says where indexes are kept: elasticsearch://user:secret@host:9200/prefix. Without it they are in PostgreSQL.',
    remedy: 'Correct SEARCH_URL; characters such as / and + in a secret are written percent-encoded.',
  },
  'search-closed': {
    status: 503,
    retryable: true,
    what: 'The search is closed.',
    why: 'This process is shutting down.',
    remedy: 'Send the request to another process; in a test, close the search after its last use.',
  },
})

/** A code of the table. */
export type SearchErrorCode = Parameters<typeof searchErrors>[0]

/** Makes an error of the table with the values that its sentences name. They end up in messages: never a secret. */
export function searchError(
  code: SearchErrorCode,
  details: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): FootingError {
  return searchErrors(code, { details, ...(cause === undefined ? {} : { cause }) })
}
