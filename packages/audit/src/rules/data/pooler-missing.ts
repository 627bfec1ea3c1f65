// data/pooler-missing: more connections than the database accepts, as soon as every worker opens its pool.

import type { ServerSetting } from '../../extract/config/contract.ts'
import { Kind } from '../../facts/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { usesPostgres } from '../../survey/deployment.ts'
import { keyword } from '../../survey/expressions.ts'
import { surveyOf } from '../../survey/survey.ts'
import { isProduct } from '../../survey/whereabouts.ts'

/** What PostgreSQL accepts when nobody says otherwise. */
const DEFAULT_MAX_CONNECTIONS = 100
/** SQLAlchemy's QueuePool: pool_size 5 and max_overflow 10. */
const SQLALCHEMY_POOL = 15

export const rule: Rule = {
  id: 'data/pooler-missing',
  decision: 'data',
  severity: 'high',
  effort: { minutes: 120, per: 'once' },
  trial: false,
  summary: 'Workers times pool size can pass what the database accepts, and no pooler is in sight.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const { config } = context
  const known = config.servers.filter((server) => server.workers !== undefined && server.workers > 1)
  const examined = { count: config.servers.length, of: 'declared servers' }
  const hasPooler =
    config.poolers.length > 0 ||
    config.databases.some((item) => item.port === 6432 || /pooler|pgbouncer|neon\.tech|supabase/.test(item.host))
  if (!usesPostgres(context) || config.servers.length === 0)
    return { detections: [], examined: { ...examined, count: 0 } }
  if (hasPooler) return { detections: [], examined }
  if (known.length === 0) return { detections: [], examined, couldNotTell: 'No file says how many workers run.' }
  const pool = poolSize(context)
  const limit = config.maxConnections[0]?.value ?? DEFAULT_MAX_CONNECTIONS
  const demands = known
    .map((server) => ({ server, demand: demandOf(context, server, pool.size) }))
    .sort((a, b) => b.demand - a.demand)
  const worst = demands[0]!
  if (worst.demand <= limit) return { detections: [], examined }
  const { server } = worst
  const replicas = replicasOf(context, server)
  const copies = replicas > 1 ? ` × ${replicas} replicas` : ''
  return {
    detections: [
      {
        place: server.place,
        subject: server.service === '' ? server.server : server.service,
        evidence: 'connections over the limit, no pooler',
        message: {
          what: `${server.workers} workers${copies} × ${connectionsEach(server, pool.size)} connections (${pool.what}) make ${worst.demand}, and PostgreSQL accepts ${limit}${config.maxConnections.length === 0 ? ' by default' : ''}.`,
          why: 'Past the limit new connections fail with "too many clients", first under load and during deployments, when old and new workers run at once.',
          do: 'Put PgBouncer in transaction mode before the database, and give each worker a pool of two to five.',
        },
        confidence: 'probable',
        related: config.maxConnections
          .slice(0, 1)
          .map((item) => ({ ...item.place, label: `max_connections = ${item.value}` })),
      },
    ],
    examined,
  }
}

/** What one process may open: declared pool sizes, SQLAlchemy's default, or one per thread (Django). */
function poolSize(context: RuleContext): { readonly size: number | undefined; readonly what: string } {
  let engines = 0
  for (const name of ['create_engine', 'create_async_engine']) {
    for (const { module, node } of surveyOf(context).callsNamed(name)) {
      const tree = context.trees[module]!
      if (!isProduct(context.program.modules[module]!)) continue
      engines++
      const size = numberAt(
        tree.kind(keyword(tree, node, 'pool_size')) === Kind.Number
          ? tree.value(keyword(tree, node, 'pool_size'))
          : undefined,
      )
      const overflow = numberAt(
        tree.kind(keyword(tree, node, 'max_overflow')) === Kind.Number
          ? tree.value(keyword(tree, node, 'max_overflow'))
          : undefined,
      )
      if (size !== undefined)
        return {
          size: size + (overflow ?? 10),
          what: `pool_size ${size} + max_overflow ${overflow ?? '10, the default'}`,
        }
      if (keyword(tree, node, 'poolclass') >= 0) return { size: undefined, what: 'one for each thread' }
    }
  }
  return engines > 0
    ? { size: SQLALCHEMY_POOL, what: "SQLAlchemy's default of 5 + 10" }
    : { size: undefined, what: 'one for each thread' }
}

const numberAt = (value: number | undefined): number | undefined =>
  value === undefined || value < 0 ? undefined : value
const connectionsEach = (server: ServerSetting, pool: number | undefined): number => pool ?? server.threads ?? 1
const replicasOf = ({ config }: RuleContext, server: ServerSetting): number =>
  config.services.find((service) => service.name === server.service && service.place.path === server.place.path)
    ?.replicas ?? 1
const demandOf = (context: RuleContext, server: ServerSetting, pool: number | undefined): number =>
  server.workers! * replicasOf(context, server) * connectionsEach(server, pool) // `known` holds servers with a count of workers only.
