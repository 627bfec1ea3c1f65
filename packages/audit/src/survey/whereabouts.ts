// Where a node is, for people and for fingerprints: place, enclosing body, and who enters it.

import type { ChainStep, FixSite } from '../detection/detection.ts'
import { Kind } from '../facts/contract.ts'
import type { Place } from '../facts/place.ts'
import type { EntryKind, EntryPoint, FunctionId, Module } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import type { Site } from './survey.ts'

/** Entry points through which users and queues reach code while the service runs. */
export const SERVING: readonly EntryKind[] = [
  'route',
  'websocket',
  'dependency',
  'middleware',
  'exception-handler',
  'task',
]
/** The same without queues: code that runs in web processes. */
export const WEB: readonly EntryKind[] = ['route', 'websocket', 'dependency', 'middleware', 'exception-handler']

/** A node's place; a call's line is that of its parenthesis, so a method in a chain has its own line. */
export function placeOf({ trees }: RuleContext, { module, node }: Site): Place {
  const tree = trees[module]!
  return { path: tree.path, line: tree.kind(node) === Kind.Call ? tree.value(node) : tree.line(node) }
}

/** The body of code around a node: a function, a lambda, or the module. */
export function bodyOf({ program, trees }: RuleContext, { module, node }: Site): FunctionId {
  const tree = trees[module]!
  // What a decorator does, it does for the function below it.
  const decorator = tree.ancestor(node, Kind.Decorator)
  const decorated = decorator < 0 ? -1 : tree.parent(decorator)
  const around = decorated >= 0 && tree.kind(decorated) === Kind.FunctionDef ? decorated : tree.enclosingFunction(node)
  return program.functionAt(module, around < 0 ? 0 : around)
}

/** Qualified name of the body around a node: `Orders.create`, or `<module>`. */
export function subjectOf(context: RuleContext, site: Site): string {
  return context.program.functionInfo(bodyOf(context, site)).name
}

/** The function around a node as the place to edit. */
export function functionSite(context: RuleContext, fn: FunctionId): FixSite {
  const { module, line, name } = context.program.functionInfo(fn)
  const { path, name: moduleName } = context.program.modules[module]!
  return { path, line, name: `${moduleName}:${name}` }
}

/** Modules that run when the product runs: neither tests nor migrations, scripts, examples or stubs. */
export function isProduct(module: Module): boolean {
  return module.role === 'code' || module.role === 'configuration'
}

/** The nearest entry point of product code that reaches a function; entries of tests and examples serve nobody. */
export function servedBy(
  { program }: RuleContext,
  fn: FunctionId,
  kinds: readonly EntryKind[],
): EntryPoint | undefined {
  if (!program.reach.isReachable(fn, kinds)) return undefined
  return program.reach
    .entriesOf(fn, kinds, Number.POSITIVE_INFINITY)
    .find((entry) => isProduct(program.modules[program.functionInfo(entry.function).module]!))
}

/** The shortest chain from the nearest entry point of these kinds to a place in a function, ready to draw. */
export function chainTo(
  context: RuleContext,
  fn: FunctionId,
  kinds: readonly EntryKind[],
  last: ChainStep,
): { readonly entry: EntryPoint | undefined; readonly chain: readonly ChainStep[] } {
  const { program } = context
  const entry = servedBy(context, fn, kinds)
  if (entry === undefined) return { entry, chain: [] }
  const steps: ChainStep[] = [{ ...entry.place, label: entry.label }]
  for (const call of program.reach.chain(entry, fn)) {
    const info = program.callInfo(call)
    steps.push({ path: program.modules[info.module]!.path, line: info.line, label: `${info.text}()` })
  }
  return { entry, chain: [...steps, last] }
}

const OTHER_ENGINES = (
  'pymysql MySQLdb mysql sqlite3 aiosqlite clickhouse_driver clickhouse_connect snowflake duckdb pyodbc ' +
  'cx_Oracle oracledb pyhive trino pymssql vertica_python databricks cassandra ibm_db phoenixdb ' +
  'prestodb impala'
).split(' ')
const POSTGRES = 'psycopg2 psycopg asyncpg pg8000 django sqlalchemy sqlmodel tortoise peewee'.split(' ')

/** Whether a module talks to databases that are not PostgreSQL, and to nothing that may be. */
export function usesOnlyOtherEngine({ program }: RuleContext, module: number): boolean {
  const externals = program.imports.externalsOf(module)
  return OTHER_ENGINES.some((name) => externals.has(name)) && !POSTGRES.some((name) => externals.has(name))
}
