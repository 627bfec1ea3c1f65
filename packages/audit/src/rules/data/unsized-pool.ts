// data/unsized-pool: a pool that nobody has sized, beside a server that asks for more connections than it has, or for a new one each time.
import type { Detection } from '../../detection/detection.ts'
import { Flag, Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { keyword } from '../../survey/expressions.ts'
import { libraryCalls } from '../../survey/library-calls.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

/** Connections that SQLAlchemy's pool gives out unless it is told otherwise: 5 and 10 in overflow. */
const STANDARD = 15
/** Threads in which Starlette runs sync routes and dependencies. */
const STARLETTE_THREADS = 40
const ENGINES = ['sqlalchemy.create_engine', 'sqlmodel.create_engine']

export const rule: Rule = {
  id: 'data/unsized-pool',
  decision: 'data',
  severity: 'low',
  effort: { minutes: 60, per: 'once' },
  trial: false,
  summary: 'A database pool has its default size where more threads ask for connections, or there is none.',
  assures: { says: 'pools have a size', from: 1 },
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const engines = libraryCalls(context, ENGINES).filter(({ module }) => isProduct(context.program.modules[module]!))
  const django = djangoDatabases(context)
  const detections: Detection[] = []
  const threads = threadsOf(context)
  // Where one engine of a file is sized, the others are for what has no pool: SQLite, a test, another cloud.
  const sizing = new Set(
    engines.filter(({ module, node }) => isSized(context.trees[module]!, node)).map(({ module }) => module),
  )
  for (const engine of threads === undefined ? [] : engines) {
    if (sizing.has(engine.module) || namesSqlite(context.trees[engine.module]!, engine.node)) continue
    if (
      isSized(context.trees[engine.module]!, engine.node) ||
      isBuiltOfOptions(context.trees[engine.module]!, engine.node)
    )
      continue
    detections.push(small(context, engine, threads!))
    break
  }
  if (django !== undefined && !django.isKept) detections.push(notKept(django.place))
  return { detections, examined: { count: engines.length + (django === undefined ? 0 : 1), of: 'database pools' } }
}

/** Threads of one process that may ask for a connection at once, with who says so; undefined when it is no more than the pool has. */
function threadsOf(context: RuleContext): { readonly count: number; readonly what: string } | undefined {
  const told = Math.max(0, ...context.config.servers.map(({ threads }) => threads ?? 0))
  if (told > STANDARD) return { count: told, what: `the server has ${told} threads a process` }
  const sync = context.program.entries.filter(
    ({ framework, kind, onEventLoop, function: fn }) =>
      framework === 'fastapi' &&
      kind === 'route' &&
      !onEventLoop &&
      isProduct(context.program.modules[context.program.functionInfo(fn).module]!),
  )
  return sync.length >= 5
    ? { count: STARLETTE_THREADS, what: `${sync.length} routes without \`async\` run in ${STARLETTE_THREADS} threads` }
    : undefined
}

const isSized = (tree: SyntaxTree, call: number): boolean =>
  ['pool_size', 'max_overflow', 'poolclass', 'pool', 'creator'].some((name) => keyword(tree, call, name) >= 0)

function namesSqlite(tree: SyntaxTree, call: number): boolean {
  for (let at = call; at < tree.end(call); at++) {
    if (tree.kind(at) === Kind.String && tree.value(at) >= 0 && /^sqlite/.test(tree.text(at))) return true
  }
  return false
}

function isBuiltOfOptions(tree: SyntaxTree, call: number): boolean {
  for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at))
    if (tree.kind(at) === Kind.Keyword && tree.value(at) < 0) return true
  return false
}

function small(
  context: RuleContext,
  engine: { readonly module: number; readonly node: number },
  threads: { readonly count: number; readonly what: string },
): Detection {
  return {
    place: placeOf(context, engine),
    subject: subjectOf(context, engine),
    evidence: 'pool of the default size',
    message: {
      what: `The engine has a pool of the default size: ${STANDARD} connections at most, and ${threads.what}.`,
      why: 'When more of them work at once, the rest wait thirty seconds for a connection and fail, while processor and database are idle.',
      do: `Set \`pool_size\` and \`max_overflow\` to what one process may use, so that they times the number of processes stay below \`max_connections\`; limit the threads to the same number.`,
    },
    confidence: 'probable',
  }
}

interface DjangoDatabases {
  readonly place: Place
  readonly isKept: boolean
}

/** The setting DATABASES, and whether anything keeps its connections for the next request. */
function djangoDatabases({ program, trees, config }: RuleContext): DjangoDatabases | undefined {
  const strings = trees[0]!.strings
  const databases = strings.id('DATABASES')
  if (databases < 0 || !program.entries.some(({ framework, kind }) => framework === 'django' && kind === 'route'))
    return undefined
  const kept = ['CONN_MAX_AGE', 'conn_max_age', 'dj_db_conn_pool.backends.postgresql', 'psqlextra.backend', 'pool']
    .map((name) => strings.id(name))
    .filter((id) => id >= 0)
  let place: Place | undefined
  let isKept = config.poolers.length > 0
  for (const module of program.modules) {
    const tree = trees[module.id]!
    if (!isProduct(module) || !tree.mentions(databases)) continue
    for (let at = 1; at < tree.size; at++) {
      const isSetting = tree.kind(at) === Kind.Name && tree.name(at) === databases && tree.has(at, Flag.STORE)
      if (!isSetting || tree.kind(tree.parent(at)) !== Kind.Assign || isElsewhere(tree, tree.parent(at))) continue
      place ??= { path: tree.path, line: tree.line(at) }
      isKept ||= kept.some((id) => tree.mentions(id))
    }
  }
  return place === undefined ? undefined : { place, isKept }
}

function isElsewhere(tree: SyntaxTree, statement: number): boolean {
  // An empty setting is filled from a file that is not here.
  const value = tree.lastChild(statement)
  if (tree.kind(value) === Kind.Dict && tree.childCount(value) === 0) return true
  for (let at = statement; at < tree.end(statement); at++) {
    if (tree.kind(at) === Kind.String && tree.value(at) >= 0 && /sqlite/.test(tree.text(at))) return true
  }
  return false
}

function notKept(place: Place): Detection {
  return {
    place,
    subject: 'DATABASES',
    evidence: 'connections are not kept',
    message: {
      what: 'Django opens a new database connection in every request: neither `CONN_MAX_AGE` nor a pool is set.',
      why: 'Each request pays for a handshake, a login and a process of the server before its first query; a busy minute meets `max_connections`.',
      do: 'Set `CONN_MAX_AGE` (with `CONN_HEALTH_CHECKS`), or `OPTIONS = {"pool": True}` from Django 5.1 on; with PgBouncer in front the cost is smaller.',
    },
    confidence: 'probable',
  }
}
