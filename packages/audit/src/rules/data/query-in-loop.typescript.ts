// query-in-loop in TypeScript: reads of Prisma, TypeORM, Mongoose, Sequelize, Knex, Kysely and Drizzle that loops and map() repeat.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { CallId, FunctionId, ModuleId } from '../../graph/contract.ts'
import { writtenCallee } from '../../graph/program/build-program.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName, positional, receiverOf } from '../../survey/expressions.ts'
import { isRepeated, loopAround } from '../../survey/loops.ts'
import { servedCode } from '../../survey/served-code.ts'
import type { LoopedQueries, LoopedQuery } from './looped-queries.ts'

/** Reads that one library has and nothing else. */
const OWN_READS =
  /^(?:findUnique|findUniqueOrThrow|findFirstOrThrow|\$queryRaw|\$queryRawUnsafe|findByPk|findAndCountAll|findOneBy|findOneByOrFail|findOneOrFail|executeTakeFirst|executeTakeFirstOrThrow|countDocuments)$/
/** Reads by names that other things have too: only on a client of this name. */
const COMMON_READS = /^(?:find\w*|count|aggregate|groupBy|select|query|execute|first|get\w*)$/
const CLIENT = /^(?:prisma(?:Client|Service|Db)?|entityManager|dataSource|knex|kysely|drizzle)$/
const REMEDY =
  'Ask once before the loop (`where: { id: { in: ids } }`) and look up by key, or let the query join (`include`, `relations`, a data loader).'

/** Queries that loops repeat. */
export function typescript(context: RuleContext): LoopedQueries {
  const { program, trees } = context
  const queries: LoopedQuery[] = []
  let examined = 0
  const asking = new Map<FunctionId, { readonly what: string; readonly module: ModuleId; readonly line: number }>()
  for (const module of servedCode(context)) {
    const tree = trees[module]!
    const [from, to] = program.callRange(module)
    for (let call = from; call < to; call++) {
      const node = program.callNode(call)
      if (!isRead(context, call, tree, node)) continue
      examined++
      const what = writtenCallee(tree, node + 1)
      const loop = loopAround(tree, node)
      if (loop === undefined) {
        const { caller } = program.callInfo(call)
        if (!asking.has(caller) && !isConditional(tree, node))
          asking.set(caller, { what, module, line: tree.line(node) })
      } else if (isRepeated(tree, node, loop)) {
        queries.push({ module, node, what, confidence: 'probable', through: undefined, isWrite: false, remedy: REMEDY })
      }
    }
  }
  for (const module of servedCode(context)) {
    const tree = trees[module]!
    const [from, to] = program.callRange(module)
    for (let call = from; call < to; call++) {
      const targets = program.targetsOf(call)
      const target = targets.find(
        ({ function: fn, confidence }) => fn >= 0 && confidence !== 'possible' && asking.has(fn),
      )
      if (target === undefined || targets.length > 2) continue
      const node = program.callNode(call)
      const loop = loopAround(tree, node)
      if (loop === undefined || !isRepeated(tree, node, loop)) continue
      const query = asking.get(target.function)!
      const name = program.functionInfo(target.function).name
      queries.push({
        module,
        node,
        what: query.what,
        confidence: 'probable',
        through: { path: trees[query.module]!.path, line: query.line, label: name },
        isWrite: false,
        remedy: `Give \`${name}\` the whole list, or load what it needs before the loop.`,
      })
    }
  }
  return { queries, examined }
}

/** Names that some library reads by: a call of another name is not asked what it is called on. */
const READS = new RegExp(
  `${OWN_READS.source}|${COMMON_READS.source}|^(?:exists?|existsBy|distinct|sum|average|minimum|maximum)$`,
)
/** Methods of the tables that ask the database, by their class. */
const TYPED_READS =
  /^(?:typeorm\.(?:Repository|EntityManager|BaseEntity)\.(?!createQueryBuilder|getRepository|extend)\w+|typeorm\.DataSource\.query|typeorm\.SelectQueryBuilder\.(?:get\w+|stream)|mongoose\.Model\.\w+|sequelize\.Model\.(?:find\w+|count|sum|min|max|reload)|@mikro-orm\/core\.EntityManager\.(?:find\w*|count)|kysely\.SelectQueryBuilder\.(?:execute\w*|stream)|knex\.QueryBuilder\.first)$/

function isRead({ program }: RuleContext, call: CallId, tree: SyntaxTree, node: number): boolean {
  const name = calleeName(tree, node)
  const receiver = receiverOf(tree, node)
  if (receiver < 0 || !READS.test(name)) return false
  if (program.targetsOf(call).some(({ external }) => TYPED_READS.test(external))) return true
  // `rows.find((row) => …)` searches an array.
  const first = positional(tree, node, 0)
  if (first >= 0 && tree.kind(first) === Kind.Lambda) return false
  return OWN_READS.test(name) || (COMMON_READS.test(name) && isOnClient(tree, receiver))
}

/** `prisma.user`, `this.prisma.user`, `dataSource.manager`. */
function isOnClient(tree: SyntaxTree, receiver: number): boolean {
  for (let at = receiver; tree.kind(at) === Kind.Attribute || tree.kind(at) === Kind.Name; at++) {
    if (CLIENT.test(tree.text(at))) return true
    if (tree.kind(at) === Kind.Name) return false
  }
  return false
}

function isConditional(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef || kind === Kind.Module) return false
    if (kind === Kind.If || kind === Kind.Handler || kind === Kind.Lambda || kind === Kind.Match) return true
  }
  return false
}
