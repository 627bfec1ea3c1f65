// data-access-without-seam in TypeScript: route files that call Prisma, TypeORM, Mongoose, Sequelize, Kysely or Drizzle.

import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { Place } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { ModuleId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { calleeName, receiverOf } from '../../survey/expressions.ts'
import { isServerEntry, packageFolder, serversOf } from '../../survey/typescript-servers.ts'
import { isProduct } from '../../survey/whereabouts.ts'

const SHARE = 0.6
const LEAST_LINES = 20_000
const LEAST_MODULES = 5

/** Names that one library has and nothing else: enough by themselves. */
const OWN_NAMES =
  /^(?:findUniqueOrThrow|findFirstOrThrow|findUnique|\$queryRaw|\$executeRaw|\$queryRawUnsafe|\$executeRawUnsafe|findByPk|findAndCountAll|findOrCreate|findByIdAndUpdate|findByIdAndDelete|findOneAndUpdate|findOneAndDelete|selectFrom|insertInto|updateTable|deleteFrom|createQueryBuilder|findOneBy|findOneByOrFail|findOneOrFail)$/
/** Names that mean a query when they are called on a client of this name. */
const COMMON =
  /^(?:find\w*|create\w*|update\w*|upsert|delete\w*|remove|save|insert\w*|count|aggregate|groupBy|select|query|execute|transaction|\$transaction|raw)$/
/** Questions to a model: a class that is asked itself, `User.findAll()`. */
const OF_MODEL =
  /^(?:findAll|findOne|findById|find|findAndCountAll|countDocuments|count|insertMany|bulkCreate|upsert|destroy|deleteMany|updateMany)$/
const NO_MODEL =
  /^(?:Object|Array|Map|Set|Promise|Reflect|Math|JSON|Date|Buffer|Symbol|[A-Z_]+|\w+(?:Service|Repository|Helper|Factory|Manager|Utils?))$/
const CLIENT = /^(?:prisma\w*|\w*Prisma|entityManager|dataSource|knex|kysely|drizzle)$/

/** Route files that query the database themselves. */
export function typescript(context: RuleContext): RuleResult {
  const { program, trees } = context
  const routes = routeModules(context)
  const folders = new Set(serversOf(context).map(({ folder }) => folder))
  let lines = 0
  for (const module of program.modules) {
    if (isProduct(module) && folders.has(packageFolder(context, module.path))) lines += trees[module.id]!.value(0)
  }
  const examined = { count: lines < LEAST_LINES ? 0 : routes.length, of: 'route modules' }
  if (lines < LEAST_LINES)
    return {
      detections: [],
      examined,
      couldNotTell: `A server of ${counted(lines, 'line')} needs no layer between routes and models.`,
    }
  if (routes.length < LEAST_MODULES) return { detections: [], examined }
  const direct = routes.flatMap((module) => firstQuery(trees[module]!) ?? [])
  if (direct.length / routes.length <= SHARE) return { detections: [], examined }
  const [first, ...others] = direct
  const detection: Detection = {
    place: { path: first!.path, line: first!.line },
    subject: 'routes',
    evidence: 'queries in route modules',
    message: {
      what: `${direct.length} of ${routes.length} route modules call the ORM or the driver themselves.`,
      why: 'A replica, a cache, a soft delete or a split table has to be thought of in each of them; none can be tested without a database.',
      do: 'For the tables that change most, put queries behind functions named in words of the domain, and let routes call those.',
    },
    confidence: 'probable',
    related: others.slice(0, 10),
    fanOut: direct.length,
  }
  return { detections: [detection], examined }
}

function routeModules(context: RuleContext): readonly ModuleId[] {
  // Of several handlers of one route the last answers; what stands before it checks.
  const last = new Map<string, ModuleId>()
  for (const entry of context.program.entries) {
    if (entry.kind !== 'route' || !isServerEntry(context, entry)) continue
    const { path, line } = entry.place
    last.set(`${path}:${line} ${entry.label}`, context.program.functionInfo(entry.function).module)
  }
  return [...new Set(last.values())].sort((a, b) => a - b)
}

function firstQuery(tree: SyntaxTree): (Place & { readonly label: string }) | undefined {
  for (let node = 1; node < tree.size; node++) {
    if (tree.kind(node) !== Kind.Call) continue
    const name = calleeName(tree, node)
    const receiver = receiverOf(tree, node)
    if (receiver < 0) continue
    const isQuery =
      OWN_NAMES.test(name) ||
      (COMMON.test(name) && isOnClient(tree, receiver)) ||
      (OF_MODEL.test(name) && isModel(tree, receiver))
    if (!isQuery) continue
    return { path: tree.path, line: tree.value(node), label: `${tree.dotted(receiver) || '…'}.${name}` }
  }
  return undefined
}

function isModel(tree: SyntaxTree, receiver: number): boolean {
  if (tree.kind(receiver) !== Kind.Name) return false
  const name = tree.text(receiver)
  return /^[A-Z]/.test(name) && !NO_MODEL.test(name)
}

/** `prisma.user`, `this.prisma.user`, `dataSource.manager`. */
function isOnClient(tree: SyntaxTree, receiver: number): boolean {
  for (let at = receiver; tree.kind(at) === Kind.Attribute || tree.kind(at) === Kind.Name; at++) {
    if (CLIENT.test(tree.text(at))) return true
    if (tree.kind(at) === Kind.Name) return false
  }
  return false
}
