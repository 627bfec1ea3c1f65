// What the deployment files say, as the answers that rules need: is there a pooler, how many processes serve.
import type { Place } from '../facts/place.ts'
import type { RuleContext } from '../rule/rule.ts'
import { keyword } from './expressions.ts'
import { surveyOf } from './survey.ts'
import { placeOf } from './whereabouts.ts'

/** Why we believe that a transaction pooler stands before the database. */
export interface PoolerEvidence {
  /** In words: `pgbouncer in transaction mode`, `port 6432 in DATABASE_URL`. */
  readonly what: string
  readonly place: Place
  readonly version: string
  readonly maxPreparedStatements: number | undefined
}

/** The best evidence of a pooler that does not keep sessions, or undefined. */
export function poolerEvidence(context: RuleContext): PoolerEvidence | undefined {
  const pooler = context.config.poolers.find((item) => item.mode !== 'session')
  if (pooler !== undefined) {
    const mode = pooler.mode === 'unknown' ? '' : ` in ${pooler.mode} mode`
    return {
      what: `${pooler.kind}${mode}`,
      place: pooler.place,
      version: pooler.version,
      maxPreparedStatements: pooler.maxPreparedStatements,
    }
  }
  if (context.config.poolers.length > 0) return undefined
  const address = context.config.databases.find(
    (item) =>
      (item.engine.startsWith('postgres') && item.port === 6432) || /pgbouncer|pgcat|supavisor/i.test(item.host),
  )
  if (address !== undefined) {
    const what =
      address.port === 6432 ? `port 6432 in ${address.variable}` : `host ${address.host} in ${address.variable}`
    return { what, place: address.place, version: '', maxPreparedStatements: undefined }
  }
  for (const name of ['create_engine', 'create_async_engine']) {
    for (const site of surveyOf(context).callsNamed(name)) {
      const tree = context.trees[site.module]!
      const pool = keyword(tree, site.node, 'poolclass')
      if (pool < 0 || context.program.modules[site.module]!.role !== 'code') continue
      if (tree.dotted(pool).endsWith('NullPool')) {
        return {
          what: 'NullPool on the engine',
          place: placeOf(context, site),
          version: '',
          maxPreparedStatements: undefined,
        }
      }
    }
  }
  return undefined
}

/** How many processes answer requests, as far as files say. */
export interface WorkerCount {
  /** Undefined: nobody says. */
  readonly processes: number | undefined
  /** `6 gunicorn workers`, or `an unknown number of processes`. */
  readonly what: string
  readonly place: Place | undefined
}

/** The largest number of web processes that one deployment file starts: workers × replicas. */
export function webWorkers(context: RuleContext): WorkerCount {
  let best: WorkerCount = { processes: undefined, what: 'an unknown number of processes', place: undefined }
  for (const server of context.config.servers) {
    if (server.server === 'celery' || server.server === 'django' || server.server === 'flask') continue
    const replicas =
      context.config.services.find(
        (service) => service.name === server.service && service.place.path === server.place.path,
      )?.replicas ?? 1
    const computed = server.workers === undefined && /cpu|nproc|\bcores?\b/i.test(server.workersText)
    // `cpu_count() * 2 + 1` is more than one on any machine; two is the least that we may claim.
    const workers = server.workers ?? (computed ? 2 : undefined)
    if (workers === undefined) continue
    const processes = workers * replicas
    if (best.processes !== undefined && best.processes >= processes) continue
    const count = computed ? server.workersText : String(workers)
    const what =
      replicas > 1
        ? `${count} ${server.server} workers × ${replicas} replicas`
        : `${count} ${server.server} worker${processes === 1 ? '' : 's'}`
    best = { processes, what, place: server.place }
  }
  return best
}

/** True when manifests or configuration show PostgreSQL; drivers count. */
export function usesPostgres({ config }: RuleContext): boolean {
  return (
    config.databases.some((item) => item.engine.startsWith('postgres')) ||
    config.poolers.length > 0 ||
    config.services.some((service) => /postgres|pgvector|timescale/.test(service.image)) ||
    ['psycopg', 'psycopg2', 'psycopg2-binary', 'psycopg-binary', 'asyncpg', 'pg8000', 'django-pglocks'].some((name) =>
      config.dependsOn(name),
    )
  )
}
