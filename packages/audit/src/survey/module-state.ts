// Module-level names that hold something changeable, and the functions that change them while the service runs.
import { Flag, Kind } from '../facts/contract.ts'
import type { SyntaxTree } from '../facts/tree.ts'
import type { ModuleId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { calleeName, underSubscripts } from './expressions.ts'
import { type Site, surveyOf } from './survey.ts'
import { isProduct } from './whereabouts.ts'

/** A module-level name with a value that code can change. */
export interface ModuleVariable extends Site {
  readonly name: string
  /** `container`: dict, list, set and kin; `object`: made by a call; `scalar`: a constant or None. */
  readonly kind: 'container' | 'object' | 'scalar'
  /** How it is made, as written: `defaultdict`, `{}`, `None`. */
  readonly made: string
}

/** A change of a module variable inside a function. */
export interface StateWrite extends Site {
  readonly variable: ModuleVariable
  /** `assigned`, `item set`, `.append()` … */
  readonly how: string
}

const CONTAINERS: ReadonlySet<string> = new Set(
  'dict list set defaultdict OrderedDict deque Counter bytearray TTLCache LRUCache LFUCache Cache FIFOCache RRCache LRU ChainMap SimpleCache ExpiringDict Queue SimpleQueue LifoQueue PriorityQueue'.split(
    ' ',
  ),
)
const MUTATORS: ReadonlySet<string> = new Set(
  'append appendleft extend extendleft add update setdefault pop popitem popleft clear insert remove discard put put_nowait move_to_end __setitem__'.split(
    ' ',
  ),
)
/** Values that are private to a request or a thread, or synchronise: changing them shares nothing. */
const PRIVATE =
  /^(?:local|ContextVar|LocalProxy|LocalStack|Local|Lock|RLock|Semaphore|BoundedSemaphore|Event|Condition|getLogger|get_logger|TypeVar|ParamSpec|namedtuple|NewType|compile|lru_cache|Thread|Process|partial|Weak\w+|Enum|frozenset|tuple|MappingProxyType|count|scoped_session|Signal|SQLAlchemy|registry|MetaData|APIRouter|Router|Blueprint|Celery|Limiter|Mock|MagicMock|object|lazy|get_task_logger)$/

const known = new WeakMap<Program, ReadonlyMap<string, ModuleVariable>>()

/** Variables of product modules by `module:name`; found once for a program. */
export function moduleVariables(context: RuleContext): ReadonlyMap<string, ModuleVariable> {
  const before = known.get(context.program)
  if (before !== undefined) return before
  const found = new Map<string, ModuleVariable>()
  known.set(context.program, found)
  for (const module of context.program.modules) {
    if (!isProduct(module)) continue
    const tree = context.trees[module.id]!
    for (let at = tree.firstChild(0); at >= 0; at = tree.nextSibling(at))
      collect(tree, module.id, module.name, at, found)
  }
  return found
}

function collect(
  tree: SyntaxTree,
  module: ModuleId,
  moduleName: string,
  statement: number,
  found: Map<string, ModuleVariable>,
): void {
  const kind = tree.kind(statement)
  if (kind !== Kind.Assign && kind !== Kind.AnnAssign) return
  const target = statement + 1
  if (tree.kind(target) !== Kind.Name) return
  const value = tree.lastChild(statement)
  if (kind === Kind.AnnAssign && tree.childCount(statement) < 3) return
  const what = describe(tree, value)
  if (what === undefined) return
  const name = tree.text(target)
  if (!found.has(`${moduleName}:${name}`))
    found.set(`${moduleName}:${name}`, { module, node: statement, name, ...what })
}

function describe(tree: SyntaxTree, value: number): Pick<ModuleVariable, 'kind' | 'made'> | undefined {
  switch (tree.kind(value)) {
    case Kind.Dict:
    case Kind.DictComp:
      return { kind: 'container', made: 'dict' }
    case Kind.List:
    case Kind.ListComp:
      return { kind: 'container', made: 'list' }
    case Kind.Set:
    case Kind.SetComp:
      return { kind: 'container', made: 'set' }
    case Kind.None:
    case Kind.True:
    case Kind.False:
    case Kind.Number:
    case Kind.String:
      return { kind: 'scalar', made: tree.kind(value) === Kind.None ? 'None' : 'a constant' }
    case Kind.Call: {
      const name = calleeName(tree, value)
      if (name === '' || PRIVATE.test(name)) return undefined
      return { kind: CONTAINERS.has(name) ? 'container' : 'object', made: name }
    }
    default:
      return undefined
  }
}

/** Every change of these variables inside functions, in module order. */
export function stateWrites(context: RuleContext, variables: ReadonlyMap<string, ModuleVariable>): StateWrite[] {
  const names = new Set<number>()
  const strings = context.trees[0]?.strings
  if (strings === undefined) return []
  for (const variable of variables.values()) names.add(strings.id(variable.name))
  const survey = surveyOf(context)
  const writes: StateWrite[] = []
  const consider = (site: Site, object: number, how: string, wants: (variable: ModuleVariable) => boolean): void => {
    const tree = context.trees[site.module]!
    const kind = tree.kind(object)
    if ((kind !== Kind.Name && kind !== Kind.Attribute) || !names.has(tree.name(object))) return
    if (!isProduct(context.program.modules[site.module]!) || tree.enclosingFunction(site.node) < 0) return
    const variable = resolve(context, variables, site.module, object)
    if (variable !== undefined && wants(variable)) writes.push({ ...site, variable, how })
  }
  const isContainer = (variable: ModuleVariable): boolean => variable.kind === 'container'
  for (const site of survey.stores) {
    const tree = context.trees[site.module]!
    if (tree.kind(site.node) === Kind.Subscript) {
      consider(
        site,
        underSubscripts(tree, site.node),
        tree.has(site.node, Flag.DEL) ? 'an item deleted' : 'an item set',
        isContainer,
      )
    } else {
      // `state.cache = …` sets a module's variable; `app.token = …` an attribute of the object in a variable.
      consider(site, site.node, 'assigned', () => true)
      const object = site.node + 1
      consider(site, object, `attribute \`${tree.text(site.node)}\` set`, (variable) => variable.kind === 'object')
    }
  }
  for (const method of MUTATORS) {
    for (const site of survey.callsNamed(method)) {
      const tree = context.trees[site.module]!
      if (tree.kind(site.node + 1) === Kind.Attribute)
        consider(site, underSubscripts(tree, site.node + 2), `\`.${method}()\``, isContainer)
    }
  }
  for (const { module, node } of survey.globals) globalWrites(context, variables, module, node, writes)
  return writes.sort((a, b) => a.module - b.module || a.node - b.node)
}

/** Assignments to names that a `global` statement gives to the module. */
function globalWrites(
  context: RuleContext,
  variables: ReadonlyMap<string, ModuleVariable>,
  module: ModuleId,
  node: number,
  into: StateWrite[],
): void {
  const info = context.program.modules[module]!
  if (!isProduct(info)) return
  const tree = context.trees[module]!
  const scope = tree.scope(node)
  if (tree.kind(scope) !== Kind.FunctionDef) return
  for (let alias = tree.firstChild(node); alias >= 0; alias = tree.nextSibling(alias)) {
    const variable = variables.get(`${info.name}:${tree.text(alias)}`)
    if (variable === undefined) continue
    const name = tree.name(alias)
    for (let at = scope; at < tree.end(scope); at++) {
      if (tree.kind(at) !== Kind.Name || tree.name(at) !== name || !tree.has(at, Flag.STORE)) continue
      if (tree.scope(at) === scope)
        into.push({ module, node: at, variable, how: tree.has(at, Flag.AUGMENTED) ? 'changed' : 'assigned' })
    }
  }
}

function resolve(
  context: RuleContext,
  variables: ReadonlyMap<string, ModuleVariable>,
  module: ModuleId,
  object: number,
): ModuleVariable | undefined {
  const tree = context.trees[module]!
  const known = variables.get(context.program.nameOf(module, object))
  if (known !== undefined) return known
  if (tree.kind(object) !== Kind.Name || isLocal(tree, object)) return undefined
  return variables.get(`${context.program.modules[module]!.name}:${tree.text(object)}`)
}

/** Whether the name is bound in an enclosing function: a parameter, an assignment, a loop. */
function isLocal(tree: SyntaxTree, name: number): boolean {
  const wanted = tree.name(name)
  for (let fn = tree.enclosingFunction(name); fn >= 0; fn = tree.enclosingFunction(fn)) {
    const { bound, global } = namesOf(tree, fn)
    if (global.has(wanted)) return false
    if (bound.has(wanted)) return true
  }
  return false
}

interface FunctionNames {
  readonly bound: ReadonlySet<number>
  readonly global: ReadonlySet<number>
}

const namesByTree = new WeakMap<SyntaxTree, Map<number, FunctionNames>>()

/** Names that a function binds itself and those it gives to the module; looked for once, however many ask. */
function namesOf(tree: SyntaxTree, fn: number): FunctionNames {
  const known = namesByTree.get(tree) ?? new Map<number, FunctionNames>()
  namesByTree.set(tree, known)
  const before = known.get(fn)
  if (before !== undefined) return before
  const bound = new Set<number>()
  const global = new Set<number>()
  for (let at = fn + 1, end = tree.end(fn); at < end; at++) {
    const kind = tree.kind(at)
    if (kind === Kind.Global) {
      for (let alias = tree.firstChild(at); alias >= 0; alias = tree.nextSibling(alias)) global.add(tree.name(alias))
    } else if (kind === Kind.Name || kind === Kind.Param || kind === Kind.Handler || kind === Kind.FunctionDef) {
      if (tree.value(at) < 0 || (kind === Kind.Name && !tree.has(at, Flag.STORE))) continue
      if (kind === Kind.Param || tree.scope(at) === fn) bound.add(tree.name(at))
    }
  }
  const names = { bound, global }
  known.set(fn, names)
  return names
}
