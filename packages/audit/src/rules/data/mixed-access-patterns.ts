// data/mixed-access-patterns: two ORMs or an ORM and a bare driver on one database: two transactions, two pools, two truths.

import type { Detection } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { addTo } from '../../survey/grouping.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { placeOf } from '../../survey/whereabouts.ts'

/** What makes a connection, a session or a model of each way; resolved names decide. */
const WAYS: Readonly<Record<string, { readonly calls: readonly string[]; readonly name: RegExp }>> = {
  'the Django ORM': { calls: ['CharField', 'ForeignKey', 'TextField', 'IntegerField'], name: /^django\.db\.models\./ },
  SQLAlchemy: {
    calls: ['create_engine', 'create_async_engine', 'SQLAlchemy', 'engine_from_config'],
    name: /^(?:sqlalchemy|sqlmodel|flask_sqlalchemy)\./,
  },
  'Tortoise ORM': { calls: ['init', 'register_tortoise', 'CharField'], name: /^tortoise\./ },
  peewee: {
    calls: ['PostgresqlDatabase', 'PooledPostgresqlDatabase', 'CharField', 'MySQLDatabase'],
    name: /^(?:peewee|playhouse)\./,
  },
  'Pony ORM': { calls: ['Database'], name: /^pony\./ },
  psycopg: {
    calls: ['connect', 'ConnectionPool', 'AsyncConnectionPool', 'ThreadedConnectionPool', 'SimpleConnectionPool'],
    name: /^psycopg(?:2|_pool)?\./,
  },
  asyncpg: { calls: ['connect', 'create_pool'], name: /^asyncpg\./ },
  databases: { calls: ['Database'], name: /^databases\./ },
}

/** What a file imports to use the way; names are resolved only in such files. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'the Django ORM': ['django'],
  SQLAlchemy: ['sqlalchemy', 'sqlmodel', 'flask_sqlalchemy'],
  'Tortoise ORM': ['tortoise'],
  peewee: ['peewee', 'playhouse'],
  'Pony ORM': ['pony'],
  psycopg: ['psycopg', 'psycopg2', 'psycopg_pool'],
  asyncpg: ['asyncpg'],
  databases: ['databases'],
}

export const rule: Rule = {
  id: 'data/mixed-access-patterns',
  decision: 'data',
  severity: 'medium',
  effort: { minutes: 0, per: 'report' },
  trial: false,
  summary: 'One database is reached through two ORMs or drivers.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const ways = waysIn(context)
  const all = [...ways].reduce((sum, [, sites]) => sum + sites.length, 0)
  const examined = { count: ways.size === 0 ? 0 : all, of: 'places that connect or declare models' }
  if (ways.size < 2) return { detections: [], examined }
  const sorted = [...ways].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))
  const [main, ...others] = sorted
  const [, minority] = others.at(-1)!
  const first = minority[0]!
  const detection: Detection = {
    place: placeOf(context, first),
    subject: 'data access',
    evidence: sorted
      .map(([name]) => name)
      .sort()
      .join(' + '),
    message: {
      what: `The code reaches its database through ${listed(
        sorted.map(([name]) => name),
        4,
      )}; ${others.at(-1)![0]} in ${counted(minority.length, 'place')}.`,
      why: 'Each way has its own pool and its own transaction: a rollback of one leaves the writes of the other, limits on connections count twice, and models exist twice.',
      do: `Keep ${main![0]}, and let the rest borrow its connection (\`connection.cursor()\`, \`session.connection()\`) where SQL is needed.`,
    },
    confidence: 'probable',
    related: minority.slice(1, 6).map((site) => ({ ...placeOf(context, site), label: others.at(-1)![0] })),
  }
  return { detections: [detection], examined }
}

const DRIVERS: ReadonlySet<string> = new Set(['psycopg', 'asyncpg'])

/** A listener needs a connection of its own, whatever the rest of the code uses. */
function listens({ trees }: RuleContext, { module }: Site): boolean {
  const tree = trees[module]!
  return ['add_listener', 'add_notify_handler', 'notifies'].some((name) => tree.mentions(tree.strings.id(name)))
}

/** The ways in use in product code, with the places; a driver that serves migrations or commands only is left out. */
function waysIn(context: RuleContext): ReadonlyMap<string, readonly Site[]> {
  const { program } = context
  const commands = commandLineModules(context)
  const found = new Map<string, Site[]>()
  for (const [way, { calls, name }] of Object.entries(WAYS)) {
    const packages = PACKAGES[way] ?? []
    for (const call of calls) {
      for (const site of surveyOf(context).callsNamed(call)) {
        if (program.modules[site.module]!.role !== 'code' || commands.has(site.module)) continue
        const externals = program.imports.externalsOf(site.module)
        if (!packages.some((item) => externals.has(item))) continue
        if (DRIVERS.has(way) && listens(context, site)) continue
        if (name.test(program.nameOf(site.module, site.node + 1))) addTo(found, way, site)
      }
    }
  }
  return found
}
