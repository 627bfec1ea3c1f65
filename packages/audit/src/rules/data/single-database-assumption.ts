// data/single-database-assumption: code that names the one database, which no router or replica can redirect. A score, not a list.

import type { RelatedPlace } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { commandLineModules } from '../../survey/command-line.ts'
import { constantText, keyword, positional, receiverOf } from '../../survey/expressions.ts'
import { classifyText, Sql } from '../../survey/sql-text.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf, subjectOf } from '../../survey/whereabouts.ts'

/** One place says little; from here on it is a habit. */
const HABIT = 4
const SHOWN = 20

export const rule: Rule = {
  id: 'data/single-database-assumption',
  decision: 'data',
  severity: 'low',
  effort: { minutes: 20, per: 'site' },
  trial: false,
  summary: 'Code names the one database itself, so reads cannot move to a replica.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const named = aliasSites(context)
  const cursors = bareCursors(context)
  const engines = sharedEngines(context)
  const examined = {
    count: named.length + cursors.length + engines.length + managedAccess(context),
    of: 'places that choose a connection',
  }
  const replica = replicaEvidence(context)
  const explicit = [...named, ...engines]
  const isHabit = explicit.length > 0 || cursors.length >= HABIT || (replica !== undefined && cursors.length > 0)
  if (!isHabit) return { detections: [], examined }
  const all = [...explicit, ...cursors].sort((a, b) => a.site.module - b.site.module || a.site.node - b.site.node)
  const first = explicit[0] ?? all[0]!
  const place = placeOf(context, first.site)
  const kinds = listed([
    ...(named.length > 0 ? [counted(named.length, 'hard-coded alias', 'hard-coded aliases')] : []),
    ...(cursors.length > 0
      ? [`${counted(cursors.length, 'bare `connection.cursor()`', 'bare `connection.cursor()`')}`]
      : []),
    ...(engines.length > 0 ? [`${counted(engines.length, 'engine')} imported across the project`] : []),
  ])
  const related: RelatedPlace[] = all
    .filter((item) => item !== first)
    .slice(0, SHOWN)
    .map(({ site, label }) => ({ ...placeOf(context, site), label }))
  return {
    detections: [
      {
        place,
        subject: subjectOf(context, first.site),
        evidence: 'single database',
        message: {
          what: `${counted(all.length, 'place')} outside settings and migrations ${all.length === 1 ? 'names' : 'name'} the one database: ${kinds}.`,
          why:
            replica === undefined
              ? 'Routers and replicas cannot redirect them, so reads stay on the primary until each is edited.'
              : `${replica} exists, and these reads never reach it: the primary carries them all.`,
          do: 'Ask one place for the connection: `connections[router.db_for_read(Model)]`, or a session provider that knows readers from writers.',
        },
        confidence: explicit.length > 0 ? 'definite' : 'probable',
        severity: replica === undefined ? 'low' : 'medium',
        related,
        fanOut: all.length,
        minutes: Math.min(all.length * 20, 600),
      },
    ],
    examined,
  }
}

interface Named {
  readonly site: Site
  readonly label: string
}

/** `DATABASES['default']`, `connections['default']`, `.using('default')` and `using='default'`. */
function aliasSites(context: RuleContext): Named[] {
  const { program, trees } = context
  const found: Named[] = []
  for (const { module: id, node } of surveyOf(context).watched('default')) {
    const module = program.modules[id]!
    if (module.role === 'code') {
      const tree = trees[id]!
      const parent = tree.parent(node)
      const kind = tree.kind(parent)
      if (kind === Kind.Subscript && /(?:^|\.)(?:DATABASES|connections)$/.test(tree.dotted(parent + 1))) {
        const owner = tree.dotted(parent + 1)
        const resolved = program.nameOf(module.id, parent + 1)
        if (owner.endsWith('DATABASES') || resolved.startsWith('django.db.') || resolved === '') {
          found.push({ site: { module: module.id, node: parent }, label: `${owner}['default']` })
        }
      } else if (
        kind === Kind.Call &&
        receiverOf(tree, parent) >= 0 &&
        tree.text(parent + 1) === 'using' &&
        positional(tree, parent, 0) === node
      ) {
        found.push({ site: { module: module.id, node: parent }, label: "using('default')" })
      } else if (
        kind === Kind.Keyword &&
        tree.text(parent) === 'using' &&
        keyword(tree, tree.parent(parent), 'using') === node
      ) {
        found.push({ site: { module: module.id, node: tree.parent(parent) }, label: "using='default'" })
      }
    }
  }
  return found
}

/** `connection.cursor()` on Django's default connection, where the SQL beside it only reads. */
function bareCursors(context: RuleContext): Named[] {
  const found: Named[] = []
  const commands = commandLineModules(context)
  for (const site of surveyOf(context).callsNamed('cursor')) {
    const module = context.program.modules[site.module]!
    const tree = context.trees[site.module]!
    const receiver = receiverOf(tree, site.node)
    if (module.role !== 'code' || receiver < 0 || commands.has(site.module)) continue
    if (context.program.nameOf(site.module, receiver) !== 'django.db.connection' || !onlyReads(tree, site)) continue
    found.push({ site, label: 'connection.cursor()' })
  }
  return found
}

const WRITES = /\b(?:nextval|setval|advisory|for\s+update|into|notify)\b/i

/** The function holds SQL, and all of it is SELECT without side effects; writes belong on the primary. */
function onlyReads(tree: SyntaxTree, site: Site): boolean {
  const fn = tree.enclosingFunction(site.node)
  if (fn < 0) return false
  let reads = 0
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) !== Kind.String || tree.value(at) < 0) continue
    const text = tree.text(at)
    const classes = classifyText(text)
    if (classes === 0) continue
    if (!/^[\s(]*(?:select|with)\b/i.test(text) || WRITES.test(text) || (classes & ~Sql.Statement) !== 0) return false
    reads++
  }
  return reads > 0
}

/** A module-level engine that five modules or more import by name. */
function sharedEngines(context: RuleContext): Named[] {
  const { program, trees } = context
  const found: Named[] = []
  for (const name of ['create_engine', 'create_async_engine']) {
    for (const site of surveyOf(context).callsNamed(name)) {
      const tree = trees[site.module]!
      const statement = tree.parent(site.node)
      if (
        !isProduct(program.modules[site.module]!) ||
        tree.scope(site.node) !== 0 ||
        tree.kind(statement) !== Kind.Assign
      )
        continue
      const variable = tree.text(statement + 1)
      const importers = program.imports
        .importersOf(site.module)
        .filter((edge) => edge.names.includes(variable) && isProduct(program.modules[edge.from]!))
      if (importers.length >= 5)
        found.push({ site, label: `engine \`${variable}\`, imported by ${importers.length} modules` })
    }
  }
  return found
}

/** A replica in settings or in the environment, in words. */
function replicaEvidence(context: RuleContext): string | undefined {
  const variable = context.config.environment.find(({ name }) =>
    /(?:REPLICA|READ_?ONLY|READER).*(?:URL|HOST|DSN|DB)|(?:DATABASE|DB|POSTGRES).*(?:REPLICA|READER|READ_?ONLY)/.test(
      name,
    ),
  )
  if (variable !== undefined) return `A replica (\`${variable.name}\`)`
  for (const module of context.program.modules) {
    const tree = context.trees[module.id]!
    if (module.role !== 'configuration' || !tree.mentions(tree.strings.id('DATABASES'))) continue
    for (const name of ['replica', 'read_replica', 'readonly', 'slave', 'reader']) {
      if (tree.mentions(tree.strings.id(name))) return `A replica (\`${name}\` in ${module.name})`
    }
  }
  return undefined
}

/** Places that leave the choice to a router or a session: the rest of the denominator. */
function managedAccess(context: RuleContext): number {
  const survey = surveyOf(context)
  let count = 0
  for (const name of [
    'using',
    'db_for_read',
    'db_for_write',
    'sessionmaker',
    'async_sessionmaker',
    'get_db',
    'get_session',
    'cursor',
  ]) {
    for (const { module, node } of survey.callsNamed(name)) {
      if (
        context.program.modules[module]!.role === 'code' &&
        constantText(context.trees[module]!, positional(context.trees[module]!, node, 0)) !== 'default'
      )
        count++
    }
  }
  return count
}
