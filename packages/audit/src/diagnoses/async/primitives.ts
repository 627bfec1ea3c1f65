// What a blocking finding waits for, read from its evidence.
import type { Finding } from '../../findings/finding.ts'

/** Rules whose findings say that the event loop waits. */
export const BLOCKING: readonly string[] = [
  'async/blocking-middleware',
  'async/sync-database-in-async',
  'async/blocking-chain-in-async',
  'async/async-route-without-await',
  'async/blocking-call-in-async',
  'async/sync-vendor-call-in-async',
  'async/cpu-work-on-event-loop',
  'async/file-io-in-async',
]

const DATABASE =
  /^(?:sqlalchemy|sqlmodel|peewee|playhouse|django\.(?:db|core\.cache)|psycopg2?|pymysql|pyodbc|sqlite3|MySQLdb|pymongo|mongoengine|tortoise|cx_Oracle|oracledb|redis|better-sqlite3|cassandra)\b/

/** The end of the chain: `requests.get` of `load → requests.get`. */
export function primitiveOf({ evidence }: Finding): string {
  return evidence.slice(evidence.lastIndexOf('→') + 1).trim()
}

/** Whether a primitive asks a database. */
export function isDatabase(primitive: string): boolean {
  return DATABASE.test(primitive)
}

/** `sqlalchemy` of `sqlalchemy.orm.Session.exec`. */
export function libraryOf(primitive: string): string {
  const top = primitive.split(/[.\s/]/)[0] ?? primitive
  return top === 'playhouse' ? 'peewee' : top
}
