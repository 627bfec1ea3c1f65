// data/connection-per-request: a connection or a whole pool that is opened anew in each request, beside any pool.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { EntryKind, FunctionId } from '../../graph/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { keyword } from '../../survey/expressions.ts'
import { addTo } from '../../survey/grouping.ts'
import { type LibraryCall, libraryCalls } from '../../survey/library-calls.ts'
import { isMadeOnce } from '../../survey/made-once.ts'
import type { Site } from '../../survey/survey.ts'
import { bodyOf, chainTo, functionSite, placeOf, servedBy, WEB } from '../../survey/whereabouts.ts'

/** Requests and what runs in each of them. */
const REQUESTS: readonly EntryKind[] = WEB
/** Calls on the way from the entry beyond which the way itself is a guess too many. */
const FAR = 6

/** Functions that try out an address that somebody entered. */
const PROBES =
  /(?:^|[._])(?:test|check|try|validate|verify|probe|ping|health)[\w]*(?:connection|db|database|credentials|health|redis)/i

interface Opening {
  readonly what: string
  /** A pool of its own, which is worse than a connection. */
  readonly isPool: boolean
  readonly severity: 'high' | 'medium' | 'low'
}

const CONNECTION: Opening = { what: 'a database connection', isPool: false, severity: 'medium' }
const POOL: Opening = { what: 'a pool of database connections', isPool: true, severity: 'high' }
const REDIS: Opening = { what: 'a pool of Redis connections', isPool: true, severity: 'low' }

const PYTHON = new Map<string, Opening>([
  ...[
    'psycopg2.connect',
    'psycopg.connect',
    'psycopg.Connection.connect',
    'psycopg.AsyncConnection.connect',
    'pymysql.connect',
    'MySQLdb.connect',
    'mysql.connector.connect',
    'mariadb.connect',
    'pyodbc.connect',
    'cx_Oracle.connect',
    'oracledb.connect',
    'asyncpg.connect',
    'clickhouse_connect.get_client',
  ].map((name): [string, Opening] => [name, CONNECTION]),
  ...[
    'sqlalchemy.create_engine',
    'sqlmodel.create_engine',
    'sqlalchemy.ext.asyncio.create_async_engine',
    'asyncpg.create_pool',
    'psycopg_pool.ConnectionPool',
    'psycopg2.pool.SimpleConnectionPool',
    'pymongo.MongoClient',
    'motor.motor_asyncio.AsyncIOMotorClient',
    'clickhouse_driver.Client',
  ].map((name): [string, Opening] => [name, POOL]),
  ...['redis.Redis', 'redis.from_url', 'redis.Redis.from_url', 'redis.asyncio.Redis', 'redis.asyncio.from_url'].map(
    (name): [string, Opening] => [name, REDIS],
  ),
])
const TYPESCRIPT = new Map<string, Opening>([
  ...['pg.Client', 'mysql2.createConnection', 'mysql2/promise.createConnection', 'mysql.createConnection'].map(
    (name): [string, Opening] => [name, CONNECTION],
  ),
  ...[
    'pg.Pool',
    'mysql2.createPool',
    'mysql2/promise.createPool',
    '@prisma/client.PrismaClient',
    'mongodb.MongoClient',
    'mongoose.createConnection',
    'knex',
    'knex.knex',
    'typeorm.DataSource',
    'sequelize.Sequelize',
    'postgres',
  ].map((name): [string, Opening] => [name, POOL]),
  ...['ioredis', 'ioredis.Redis', 'redis.createClient'].map((name): [string, Opening] => [
    name,
    { ...REDIS, what: 'a Redis connection', isPool: false },
  ]),
])

export const rule: Rule = {
  id: 'data/connection-per-request',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 60, per: 'site' },
  trial: false,
  summary: 'Requests open connections of their own instead of taking one from a pool.',
  assures: { says: 'connections come from a pool', from: 1 },
  judges: { python: (context) => judged(context, PYTHON), typescript: (context) => judged(context, TYPESCRIPT) },
}

function judged(context: RuleContext, openings: ReadonlyMap<string, Opening>): RuleResult {
  const calls = libraryCalls(context, openings.keys()).filter(
    ({ name, module, node }) =>
      !/^[a-z@/-]+\.[A-Z]/.test(name) || context.language === 'python' || context.trees[module]!.has(node, Flag.NEW),
  )
  const byBody = new Map<FunctionId, LibraryCall[]>()
  for (const call of calls)
    if (!isMadeOnce(context, call) && !isOnPool(context, call)) addTo(byBody, bodyOf(context, call), call)
  return {
    detections: [...byBody].flatMap(([body, found]) => detection(context, body, found, openings) ?? []),
    examined: { count: calls.length, of: 'places that open connections' },
  }
}

/** `redis.Redis(connection_pool=pool)`: a client over a pool that is kept. */
function isOnPool({ trees }: RuleContext, { module, node }: LibraryCall): boolean {
  return keyword(trees[module]!, node, 'connection_pool') >= 0
}

function detection(
  context: RuleContext,
  body: FunctionId,
  calls: readonly LibraryCall[],
  openings: ReadonlyMap<string, Opening>,
): Detection | undefined {
  const { program } = context
  const info = program.functionInfo(body)
  if (info.kind === 'module' || servedBy(context, body, REQUESTS) === undefined) return undefined
  if (PROBES.test(info.name)) return undefined
  const opened = calls.filter((call) => !isKeptByCallers(context, call, body))
  const first = opened[0]
  if (first === undefined) return undefined
  const opening = openings.get(first.name)!
  const place = placeOf(context, first)
  const { entry, chain } = chainTo(context, body, REQUESTS, { ...place, label: first.name })
  const routes = program.reach.routes(body)
  return {
    place,
    subject: info.name,
    evidence: `opens ${opening.what}: ${first.name}`,
    message: {
      what: `\`${info.name}\` opens ${opening.what} in each call (\`${first.name}\`), and ${entry === undefined ? 'requests' : `\`${entry.label}\``} ${entry === undefined ? 'call' : 'calls'} it.`,
      why: `${opening.isPool ? 'A pool that lives for one request pools nothing' : 'A connection costs a handshake, a login and a process of the server'}, nobody limits how many there are at once${routes > 1 ? `, and ${counted(routes, 'route')} lead here` : ''}.`,
      do: opening.isPool
        ? 'Make it once when the process starts and hand it to the requests.'
        : 'Take one from a pool that the process makes at start-up.',
    },
    confidence: chain.length > FAR + 2 ? 'possible' : first.confidence,
    severity: opening.severity,
    chain: chain.length > 2 ? chain : [],
    fanOut: routes,
    related: opened.slice(1, 11).map((one) => ({ ...placeOf(context, one), label: one.name })),
    fixSite: functionSite(context, body),
  }
}

/** Functions that hand on what they make, followed upwards. */
const HANDED_ON = 3

/** Whether who gets the connection keeps it: a function that gives it back, or a constructor, is judged by its callers. */
function isKeptByCallers(context: RuleContext, site: Site, body: FunctionId, depth = 0): boolean {
  const { program, trees } = context
  const tree = trees[site.module]!
  const isConstructor = /(?:^|\.)(?:__init__|constructor)$/.test(program.functionInfo(body).name)
  if (!isConstructor && !givesBack(tree, site.node)) return false
  // Commands and start-up open what they like.
  const callers = program
    .callersOf(body)
    .filter((call) => program.reach.isReachable(program.callInfo(call).caller, REQUESTS))
  if (depth === HANDED_ON || callers.length === 0) return true
  return callers.every((call) => {
    const at = { module: program.callInfo(call).module, node: program.callNode(call) }
    return isMadeOnce(context, at) || isKeptByCallers(context, at, program.callInfo(call).caller, depth + 1)
  })
}

/** `return make()`, or a name that is returned later. */
function givesBack(tree: SyntaxTree, node: number): boolean {
  const fn = tree.enclosingFunction(node)
  if (fn < 0) return false
  const statement = tree.statement(node)
  if (tree.kind(statement) === Kind.Return) return true
  const isNamed = tree.kind(statement) === Kind.Assign || tree.kind(statement) === Kind.AnnAssign
  if (!isNamed || tree.kind(statement + 1) !== Kind.Name) return false
  for (let at = statement; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.Return || tree.end(at) === at + 1) continue
    for (let part = at + 1; part < tree.end(at); part++) {
      if (tree.kind(part) === Kind.Name && tree.name(part) === tree.name(statement + 1)) return true
    }
  }
  return false
}
