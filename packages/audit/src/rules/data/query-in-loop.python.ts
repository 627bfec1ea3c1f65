// query-in-loop in Python: reads by Django, SQLAlchemy, SQLModel, peewee, Tortoise and drivers, and relations that load themselves.
import { Flag, Kind } from '../../facts/contract.ts'
import type { Confidence } from '../../facts/place.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { CallId, FunctionId, ModuleId } from '../../graph/contract.ts'
import { writtenCallee } from '../../graph/program/build-program.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName, constantText, positional } from '../../survey/expressions.ts'
import { isRepeated, loopAround } from '../../survey/loops.ts'
import { servedCode } from '../../survey/served-code.ts'
import { definitionOf } from '../../survey/what-it-is.ts'
import { lazyRelations } from './lazy-relations.ts'
import type { LoopedQueries, LoopedQuery } from './looped-queries.ts'

/** Methods that read, by their last name; `execute` is asked what it executes. */
const READS =
  /^a?(?:get|first|last|latest|earliest|count|exists|contains|in_bulk|aggregate|all|one|one_or_none|scalar|scalars|scalar_one|scalar_one_or_none|get_or_none|get_by_id|fetch|fetchrow|fetchval|find_one|find|count_documents|distinct|get_or_404|first_or_404|get_object_or_404|get_list_or_404|to_list)$/
const EXECUTES = /^(?:execute|exec|query)$/
/** Async methods of the tables that read a database. */
const ASYNC_READS =
  /^(?:sqlalchemy\.ext\.asyncio\.Async(?:Session|Connection)\.(?:execute|scalar|scalars|get|get_one|refresh)|asyncpg\.Connection\.(?:fetch|fetchrow|fetchval)|psycopg\.AsyncCursor\.execute|motor\.motor_asyncio\.AsyncIOMotorCollection\.(?:find_one|count_documents|distinct)|tortoise\.(?:models\.Model|queryset\.QuerySet)\.(?:get|get_or_none|first|count|exists|all)|django\.db\.models\.QuerySet\.a\w+|django\.shortcuts\.aget_\w+)$/
const MEMOISERS = /cache|memo/i
/** How each library asks for many rows at once, by the beginning of its names. */
const AT_ONCE: readonly (readonly [library: RegExp, ways: string])[] = [
  [/^django\./, '`filter(id__in=…)` into a dict, `select_related` or `prefetch_related`'],
  [
    /^(?:sqlalchemy|sqlmodel|flask_sqlalchemy)\./,
    '`where(column.in_(…))` into a dict, `selectinload` for a relationship, or a join',
  ],
  [/^tortoise\./, '`filter(id__in=…)` into a dict, or `prefetch_related`'],
  [/^(?:peewee|playhouse)\./, '`where(column.in_(…))` into a dict, `prefetch`, or a join'],
  [/^(?:pymongo|motor|mongoengine|beanie)\./, '`{"$in": […]}` into a dict, or `$lookup`'],
]
const ANY_LIBRARY = 'one query for all the keys (`in (…)`) into a dict, or a join'

/** Queries that loops repeat. */
export function python(context: RuleContext): LoopedQueries {
  const { program, trees } = context
  const queries: LoopedQuery[] = []
  let examined = 0
  const asking = new Map<FunctionId, { readonly what: string; readonly module: ModuleId; readonly line: number }>()
  for (const module of servedCode(context)) {
    const tree = trees[module]!
    const [from, to] = program.callRange(module)
    for (let call = from; call < to; call++) {
      const read = readAt(context, tree, call)
      if (read === undefined) continue
      examined++
      const node = program.callNode(call)
      const what = writtenCallee(tree, node + 1)
      const { caller } = program.callInfo(call)
      const loop = loopAround(tree, node)
      if (loop === undefined) {
        if (!asking.has(caller) && !isConditional(tree, node))
          asking.set(caller, { what, module, line: tree.line(node) })
      } else if (isRepeated(tree, node, loop)) {
        queries.push({
          module,
          node,
          what,
          confidence: read,
          through: undefined,
          isWrite: false,
          remedy: remedyFor(program, call),
        })
      }
    }
  }
  const seen = new Set(queries.map(({ module, node }) => `${module} ${node}`))
  for (const query of throughFunctions(context, asking))
    if (!seen.has(`${query.module} ${query.node}`)) queries.push(query)
  queries.push(...lazyRelations(context))
  return { queries, examined }
}

/** The ways of the library that this call is of. */
function remedyFor(program: RuleContext['program'], call: CallId): string {
  const names = program.targetsOf(call).map(({ external }) => external)
  const [, ways = ANY_LIBRARY] = AT_ONCE.find(([library]) => names.some((name) => library.test(name))) ?? []
  return `Ask once before the loop: ${ways}.`
}

/** How sure it is that a call reads from a database; undefined when it does not. */
function readAt({ program }: RuleContext, tree: SyntaxTree, call: CallId): Confidence | undefined {
  const node = program.callNode(call)
  const name = calleeName(tree, node)
  if (!READS.test(name) && !EXECUTES.test(name)) return undefined
  const effect = program.effectOf(call)
  if (effect?.effect === 'database') {
    if (EXECUTES.test(name)) return isSelect(tree, node) ? effect.confidence : undefined
    return READS.test(name) ? effect.confidence : undefined
  }
  const target = program.targetsOf(call).find(({ external }) => ASYNC_READS.test(external))
  if (target === undefined) return undefined
  return EXECUTES.test(name) && !isSelect(tree, node) ? undefined : target.confidence
}

/** `select(…)` below the argument, or a text that begins so. */
function isSelect(tree: SyntaxTree, call: number): boolean {
  const argument = positional(tree, call, 0)
  if (argument < 0) return false
  if (tree.kind(argument) === Kind.Name) return isSelectVariable(tree, argument)
  for (let at = argument; at < tree.end(argument); at++) {
    if (tree.kind(at) === Kind.Call && calleeName(tree, at) === 'select') return true
  }
  return /^\s*(?:select|with)\b/i.test(constantText(tree, argument)) || wrappedText(tree, argument)
}

/** `query = select(…)` in the function, perhaps with more put on it. */
function isSelectVariable(tree: SyntaxTree, name: number): boolean {
  const fn = Math.max(tree.enclosingFunction(name), 0)
  for (let at = fn; at < name; at++) {
    if (tree.kind(at) !== Kind.Name || tree.name(at) !== tree.name(name) || !tree.has(at, Flag.STORE)) continue
    const statement = tree.parent(at)
    if (tree.kind(statement) !== Kind.Assign) continue
    const value = tree.lastChild(statement)
    for (let part = value; part < tree.end(value); part++) {
      if (tree.kind(part) === Kind.Call && calleeName(tree, part) === 'select') return true
    }
    if (/^\s*(?:select|with)\b/i.test(constantText(tree, value)) || wrappedText(tree, value)) return true
  }
  return false
}

function wrappedText(tree: SyntaxTree, node: number): boolean {
  if (tree.kind(node) !== Kind.Call) return false
  const inner = positional(tree, node, 0)
  return inner >= 0 && /^\s*(?:select|with)\b/i.test(constantText(tree, inner))
}

/** A query under a condition of its function does not run in each turn for sure. */
function isConditional(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef || kind === Kind.Module) return false
    if (kind === Kind.If || kind === Kind.Handler || kind === Kind.Lambda || kind === Kind.Match) return true
  }
  return false
}

/** Loops that call a function of the project which asks the database in every run. */
function throughFunctions(
  context: RuleContext,
  asking: ReadonlyMap<FunctionId, { readonly what: string; readonly module: ModuleId; readonly line: number }>,
): LoopedQuery[] {
  const { program, trees } = context
  const found: LoopedQuery[] = []
  const served = servedCode(context)
  for (const module of served) {
    const tree = trees[module]!
    const [from, to] = program.callRange(module)
    for (let call = from; call < to; call++) {
      const target = program
        .targetsOf(call)
        .find(({ function: fn, confidence }) => fn >= 0 && confidence !== 'possible' && asking.has(fn))
      if (target === undefined) continue
      const node = program.callNode(call)
      const loop = loopAround(tree, node)
      if (loop === undefined || !isRepeated(tree, node, loop)) continue
      if (isMemoised(context, target.function)) continue
      const query = asking.get(target.function)!
      const name = program.functionInfo(target.function).name
      found.push({
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
  return found
}

function isMemoised(context: RuleContext, fn: FunctionId): boolean {
  const { module, node } = definitionOf(context, fn)
  const tree = context.trees[module]!
  for (let at = tree.firstChild(node); at >= 0 && tree.kind(at) === Kind.Decorator; at = tree.nextSibling(at)) {
    const callee = tree.kind(at + 1) === Kind.Call ? at + 2 : at + 1
    if ((tree.kind(callee) === Kind.Name || tree.kind(callee) === Kind.Attribute) && MEMOISERS.test(tree.text(callee)))
      return true
  }
  return false
}
