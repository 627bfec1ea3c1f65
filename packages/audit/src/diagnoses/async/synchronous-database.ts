// The database driver waits, and the server around it must not.

import { counted, listed } from '../../detection/words.ts'
import type { Diagnosis } from '../../diagnosis/diagnosis.ts'
import { behind, frequent, ofRules, placesOf, routesReached } from '../../diagnosis/extent.ts'
import type { Finding } from '../../findings/finding.ts'
import { BLOCKING, isDatabase, libraryOf, primitiveOf } from './primitives.ts'

const MIDDLEWARE = 'async/blocking-middleware'
/** From this many places on it is how the system is built, not a slip. */
const FEW = 3

export const diagnosis: Diagnosis = {
  id: 'async/synchronous-database',
  decision: 'async',
  summary: 'The database is called synchronously under an async server.',
  diagnose(context) {
    const found = ofRules(context, BLOCKING).filter((finding) => isDatabase(primitiveOf(finding)))
    const inMiddleware = found.filter(({ rule }) => rule === MIDDLEWARE)
    if (placesOf(found) < FEW && inMiddleware.length === 0) return []
    const libraries = frequent(found.map((finding) => libraryOf(primitiveOf(finding))))
    const routes = routesReached(context, found)
    return [
      {
        what: `The database is called synchronously (${listed(libraries)}) under an async server, at ${counted(placesOf(found), 'place')}${behind(found)}.`,
        why: `While one request waits for the database, the others of its process wait too${routes === '' ? '' : `; the widest of these places serves ${routes}`}${middlewareWords(inMiddleware)}.`,
        do: remedy(found, libraries),
        findings: found,
      },
    ]
  },
}

function middlewareWords(inMiddleware: readonly Finding[]): string {
  if (inMiddleware.length === 0) return ''
  return `, and ${inMiddleware.length === 1 ? 'one stands' : `${inMiddleware.length} stand`} in front of every route, in middleware`
}

function remedy(found: readonly Finding[], libraries: readonly string[]): string {
  const plain = found.filter(({ rule }) => rule === 'async/async-route-without-await').length
  const first =
    plain > 0
      ? `Make the ${plain === 1 ? 'route' : `${plain} routes`} that await nothing plain \`def\`: they run in the thread pool then. `
      : ''
  const async_ = ASYNC_OF[libraries[0] ?? ''] ?? 'an async driver'
  return `${first}Decide once: ${async_} for what stays async, or \`asyncio.to_thread\` around the data layer, one shared function at a time.`
}

const ASYNC_OF: Readonly<Record<string, string>> = {
  sqlalchemy: "SQLAlchemy's `AsyncSession`",
  sqlmodel: "SQLAlchemy's `AsyncSession`",
  django: "Django's `a…` methods",
  peewee: 'an async layer such as SQLAlchemy’s',
  psycopg2: '`psycopg` 3 with `AsyncConnection`',
  psycopg: '`AsyncConnection`',
  pymongo: "PyMongo's `AsyncMongoClient`",
  redis: '`redis.asyncio`',
}
