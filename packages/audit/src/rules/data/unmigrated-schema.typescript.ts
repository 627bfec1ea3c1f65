// unmigrated-schema in TypeScript: TypeORM's `synchronize`, `sequelize.sync()`, and a schema pushed at start.

import type { Detection } from '../../detection/detection.ts'
import { Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { entryOf } from '../../survey/object-literal.ts'
import { serverModules } from '../../survey/server-code.ts'
import { surveyOf } from '../../survey/survey.ts'
import { isProduct, placeOf } from '../../survey/whereabouts.ts'

const TYPEORM = ['typeorm', '@nestjs/typeorm', '@nestjs/sequelize']
const PUSHES = /\b(prisma\s+db\s+push|drizzle-kit\s+push|typeorm\S*\s+schema:sync|mikro-orm\S*\s+schema:update)\b/
/** A deployment of somebody's desk or of the tests. */
const ASIDE =
  /(?:^|[./_-])(?:dev|development|devcontainer|test|tests|testing|e2e|ci|local|demo|example|examples)(?:[./_-]|$)/i

interface Creation {
  readonly place: Place
  readonly what: string
  readonly subject: string
}

/** Places where the application, or its start, makes tables from the code. */
export function typescript(context: RuleContext): RuleResult {
  const creations = [...synchronized(context), ...synced(context), ...pushed(context)]
  const hasMigrations = context.program.modules.some((module) => module.role === 'migration')
  return {
    detections: creations.map((creation) => detection(creation, hasMigrations)),
    examined: {
      count: creations.length + (hasMigrations ? 1 : 0),
      of: 'migration folders and places that make tables',
    },
  }
}

/** `{ type: 'postgres', …, synchronize: true }` in a file that uses TypeORM. */
function synchronized({ program, trees }: RuleContext): Creation[] {
  const found: Creation[] = []
  const name = trees[0]?.strings.id('synchronize') ?? -1
  for (const module of program.modules) {
    const tree = trees[module.id]!
    if (!isProduct(module) || !tree.mentions(name) || ASIDE.test(module.path)) continue
    const externals = program.imports.externalsOf(module.id)
    if (!TYPEORM.some((library) => externals.has(library))) continue
    for (let node = 1; node < tree.size; node++) {
      const value = tree.kind(node) === Kind.Dict ? entryOf(tree, node, 'synchronize') : -1
      if (value < 0 || tree.kind(value) !== Kind.True || !isConnection(tree, node)) continue
      if (underTest(tree, node)) continue
      found.push({
        place: { path: tree.path, line: tree.line(value) },
        what: '`synchronize: true`',
        subject: 'synchronize',
      })
    }
  }
  return found
}

/** An embedded file or a view decorator says `synchronize` too; a connection names its database. */
function isConnection(tree: SyntaxTree, dict: number): boolean {
  const type = entryOf(tree, dict, 'type')
  if (type >= 0 && tree.kind(type) === Kind.String && /sqlite|sqljs|better/.test(tree.text(type))) return false
  return ['type', 'url', 'host', 'database', 'entities', 'dialect', 'autoLoadEntities'].some(
    (key) => entryOf(tree, dict, key) >= 0,
  )
}

/** Only on one side of a condition on the environment. */
function underTest(tree: SyntaxTree, node: number): boolean {
  for (const kind of [Kind.If, Kind.IfExp]) {
    const test = tree.ancestor(node, kind)
    if (test >= 0 && tree.scope(test) === tree.scope(node)) return true
  }
  return false
}

/** `await sequelize.sync()` on the way of a server. */
function synced(context: RuleContext): Creation[] {
  const { program, trees } = context
  const server = serverModules(context)
  const found: Creation[] = []
  for (const site of surveyOf(context).callsNamed('sync')) {
    const tree = trees[site.module]!
    if (!server.has(site.module) || tree.kind(site.node + 1) !== Kind.Attribute || underTest(tree, site.node)) continue
    if (ASIDE.test(tree.path)) continue
    const classes = program.instanceOf(site.module, site.node + 2)
    const isSequelize =
      classes.some((name) => /^sequelize(?:-typescript)?\.Sequelize$/.test(name)) ||
      (/(?:^|\.)sequelize$/.test(tree.dotted(site.node + 2)) && classes.length === 0)
    if (isSequelize)
      found.push({ place: placeOf(context, site), what: '`sequelize.sync()`', subject: 'sequelize.sync' })
  }
  return found
}

/** A container that pushes the schema when it starts. */
function pushed({ config }: RuleContext): Creation[] {
  return config.services.flatMap((service) => {
    const command = PUSHES.exec(service.command)?.[1]
    if (command === undefined || ASIDE.test(service.place.path) || ASIDE.test(service.name)) return []
    return [{ place: service.place, what: `\`${command}\``, subject: service.name }]
  })
}

function detection({ place, what, subject }: Creation, hasMigrations: boolean): Detection {
  return {
    place,
    subject,
    evidence: what.replaceAll('`', ''),
    message: {
      what: `The tables are made from the code by ${what}${hasMigrations ? ' although migrations exist' : ', and no migrations are in the repository'}.`,
      why: 'A renamed field drops its column with the data, two processes that start at once change the schema at once, and no change is written down or reviewed.',
      do: 'Write migrations, run them once at deployment before the new version starts, and keep the other for tests.',
    },
    confidence: 'definite',
  }
}
