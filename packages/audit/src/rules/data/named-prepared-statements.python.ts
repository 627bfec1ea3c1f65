// named-prepared-statements in Python: a driver that caches prepared statements by name, behind a pooler that changes sessions.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { type PoolerEvidence, poolerEvidence } from '../../survey/deployment.ts'
import { constantText, positional } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

/** Settings that switch the cache off or give each statement a name of its own. */
const OFF = 'statement_cache_size prepared_statement_cache_size prepared_statement_name_func prepare_threshold'.split(
  ' ',
)

/** Judges a Python program. */
export function python(context: RuleContext): RuleResult {
  const connections = cachingConnections(context)
  const examined = { count: connections.length, of: 'connections by asyncpg or psycopg 3' }
  const pooler = poolerEvidence(context)
  if (pooler === undefined) return { detections: [], examined }
  const detections = connections
    .filter(({ site }) => !switchesOff(context, site))
    .map(({ site, driver }) => detection(context, site, driver, pooler))
  return { detections, examined }
}

interface Connection {
  readonly site: Site
  readonly driver: 'asyncpg' | 'psycopg 3'
}

function cachingConnections(context: RuleContext): Connection[] {
  const { program, config, trees } = context
  const found: Connection[] = []
  for (const name of [
    'connect',
    'create_pool',
    'create_async_engine',
    'create_engine',
    'AsyncConnectionPool',
    'ConnectionPool',
  ]) {
    for (const site of surveyOf(context).callsNamed(name)) {
      if (!isProduct(program.modules[site.module]!)) continue
      const resolved = program.nameOf(site.module, site.node + 1)
      if (/^asyncpg\./.test(resolved)) found.push({ site, driver: 'asyncpg' })
      else if (/^psycopg(?:_pool)?\./.test(resolved)) found.push({ site, driver: 'psycopg 3' })
      else if (/^sqlalchemy\..*create_(?:async_)?engine$|^sqlmodel\..*create_engine$/.test(resolved)) {
        const url = constantText(trees[site.module]!, positional(trees[site.module]!, site.node, 0))
        if (/\+psycopg(?:_async)?:/.test(url)) found.push({ site, driver: 'psycopg 3' })
        else if (/\+asyncpg:/.test(url)) found.push({ site, driver: 'asyncpg' })
        else if (
          url === '' &&
          resolved.endsWith('create_async_engine') &&
          config.dependsOn('asyncpg') &&
          !config.dependsOn('psycopg')
        )
          found.push({ site, driver: 'asyncpg' })
      }
    }
  }
  return found
}

/** The call, its function or its module sets one of the switches. */
function switchesOff(context: RuleContext, site: Site): boolean {
  const tree = context.trees[site.module]!
  return OFF.some((name) => tree.mentions(tree.strings.id(name))) || mentionsInUrl(tree, site.node)
}

function mentionsInUrl(tree: SyntaxTree, call: number): boolean {
  for (let at = call; at < tree.end(call); at++) {
    if (tree.kind(at) === Kind.String && /statement_cache_size=0|prepare_threshold=0/.test(tree.text(at))) return true
  }
  return false
}

function detection(context: RuleContext, site: Site, driver: string, pooler: PoolerEvidence): Detection {
  const [major = 0, minor = 0] = pooler.version.split('.').map(Number)
  const keeps =
    (pooler.maxPreparedStatements ?? 0) > 0 && (pooler.version === '' || major > 1 || (major === 1 && minor >= 21))
  return {
    place: placeOf(context, site),
    subject: subjectOf(context, site),
    evidence: `${driver} with its statement cache`,
    message: {
      what: `${driver} prepares statements under names and caches them for each connection.`,
      why: keeps
        ? `${pooler.what} keeps ${pooler.maxPreparedStatements} prepared statements for its clients, so this works as long as nobody lowers it.`
        : `Behind ${pooler.what} the next query may run in a session that never heard of the name: "prepared statement does not exist", under load and not in tests.`,
      do:
        driver === 'asyncpg'
          ? 'Pass `statement_cache_size=0` (SQLAlchemy: `prepared_statement_cache_size=0` too), or run PgBouncer 1.21 with `max_prepared_statements`.'
          : 'Pass `prepare_threshold=None`, or run PgBouncer 1.21 with `max_prepared_statements`.',
    },
    confidence: 'probable',
    severity: keeps ? 'info' : 'medium',
    related: [{ ...pooler.place, label: pooler.what }],
  }
}
