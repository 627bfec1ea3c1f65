// What tells a store of sessions from other module-level variables.
import { Kind } from '../../facts/contract.ts'
import type { FunctionId } from '../../graph/contract.ts'
import type { RuleContext } from '../../rule/rule.ts'
import type { ModuleVariable } from '../../survey/module-state.ts'
import type { Site } from '../../survey/survey.ts'
import { definitionOf, givenValue, methodOf, projectClassesOf } from '../../survey/what-it-is.ts'

const SESSIONS =
  /^_?(?:[a-z]+_)*(?:sessions?|session_store|tokens?|token_store|logged_in(?:_users)?|login_tokens|user_by_token)$/i
/** Words that make it something else: database sessions, HTTP client sessions, language-model tokens. */
const OTHER =
  /db|sql|http|client|aio|request|engine|local|count|max|stop|special|csrf_exempt|class|black|reserved|keyword/i

/** Whether a module-level container holds sessions of users, by its name. */
export function isSessionStore(variable: ModuleVariable): boolean {
  return variable.kind === 'container' && SESSIONS.test(variable.name) && !OTHER.test(variable.name)
}

/** Methods of what holds something open: a socket, a browser, a process. Who is logged in is none of them. */
const LIFE = [
  'close',
  'aclose',
  'stop',
  'disconnect',
  'destroy',
  'shutdown',
  'terminate',
  'kill',
  'connect',
  'start',
  'send',
]

/** Whether what is put into a store is a handle: an object of a class of the project that is opened and closed. */
export function holdsHandles(context: RuleContext, { module, node }: Site): boolean {
  const tree = context.trees[module]!
  const value = tree.kind(node) === Kind.Call ? tree.lastChild(node) : tree.lastChild(tree.statement(node))
  if (value < 0) return false
  const made =
    tree.kind(value) === Kind.Name
      ? (givenValue(context, { module, node: value }) ?? { module, node: value })
      : { module, node: value }
  const classes = new Set([...projectClassesOf(context, { module, node: value }), ...projectClassesOf(context, made)])
  return [...classes].some((scope) => isHandle(context, scope) || holdsOne(context, scope))
}

/** Classes of libraries that hold something open. */
const LIBRARY_HANDLES = /\.(?:BrowserContext|Browser|Page|WebSocket|socket|Process|Popen|Connection|Channel)$/

const isHandle = (context: RuleContext, scope: FunctionId): boolean =>
  LIFE.filter((name) => methodOf(context, scope, name) !== undefined).length >= 2

/** A record with a handle among its fields: `browser: Browser | None`. */
function holdsOne(context: RuleContext, scope: FunctionId): boolean {
  const { module, node } = definitionOf(context, scope)
  const tree = context.trees[module]!
  const body = tree.childOf(node, Kind.Body)
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.AnnAssign || tree.kind(at + 1) !== Kind.Name) continue
    if (projectClassesOf(context, { module, node: at + 1 }).some((one) => isHandle(context, one))) return true
    if (context.program.instanceOf(module, at + 1).some((name) => LIBRARY_HANDLES.test(name))) return true
  }
  return false
}
