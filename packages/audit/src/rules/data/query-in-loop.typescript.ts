// query-in-loop in TypeScript: reads of Prisma, TypeORM, Mongoose, Sequelize, Knex, Kysely and Drizzle that loops and map() repeat.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId, ModuleId } from '../../graph/contract.ts'
import { writtenCallee } from '../../graph/program/build-program.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName, positional, receiverOf } from '../../survey/expressions.ts'
import { dependsOn, isFewTurns, loopAround } from '../../survey/loops.ts'
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
      if (!isRead(tree, node)) continue
      examined++
      const what = writtenCallee(tree, node + 1)
      const loop = loopAround(tree, node)
      if (loop === undefined) {
        const { caller } = program.callInfo(call)
        if (!asking.has(caller) && !isConditional(tree, node))
          asking.set(caller, { what, module, line: tree.line(node) })
      } else if (dependsOn(tree, node, loop) && !isFewTurns(tree, loop)) {
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
      if (loop === undefined || !dependsOn(tree, node, loop) || isFewTurns(tree, loop)) continue
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

function isRead(tree: SyntaxTree, node: number): boolean {
  const name = calleeName(tree, node)
  const receiver = receiverOf(tree, node)
  if (receiver < 0) return false
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
