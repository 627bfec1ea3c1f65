// Routes, websockets, middleware, exception handlers and start-up hooks of FastAPI, Starlette, Flask, aiohttp and kin.
import { Kind } from '../../../facts/contract.ts'
import type { SyntaxTree } from '../../../facts/tree.ts'
import type { EntryKind, FunctionId } from '../../contract.ts'
import { lastName } from '../../inference/last-name.ts'
import { ScopeKind } from '../../source-index.ts'
import type { EntryCollector } from '../entry-collector.ts'

const VERBS = new Set(
  'get post put patch delete options head trace route api_route websocket websocket_route websocket_event view endpoint'.split(
    ' ',
  ),
)
const HOOKS: Readonly<Record<string, EntryKind>> = {
  middleware: 'middleware',
  exception_handler: 'exception-handler',
  errorhandler: 'exception-handler',
  app_errorhandler: 'exception-handler',
  before_request: 'middleware',
  after_request: 'middleware',
  teardown_request: 'middleware',
  before_app_request: 'middleware',
  after_app_request: 'middleware',
  on_event: 'startup',
  listener: 'startup',
  before_server_start: 'startup',
  after_server_start: 'startup',
  before_serving: 'startup',
  on_startup: 'startup',
}
/** Methods that register a handler: which argument is the handler, and how the call enters it. */
const REGISTRARS: Readonly<
  Record<string, { readonly place: number; readonly keyword: string; readonly kind: EntryKind }>
> = {
  add_api_route: { place: 1, keyword: 'endpoint', kind: 'route' },
  add_route: { place: 1, keyword: 'route', kind: 'route' },
  add_url_rule: { place: 2, keyword: 'view_func', kind: 'route' },
  add_api_websocket_route: { place: 1, keyword: 'endpoint', kind: 'websocket' },
  add_websocket_route: { place: 1, keyword: 'endpoint', kind: 'websocket' },
  Route: { place: 1, keyword: 'endpoint', kind: 'route' },
  APIRoute: { place: 1, keyword: 'endpoint', kind: 'route' },
  WebSocketRoute: { place: 1, keyword: 'endpoint', kind: 'websocket' },
  add_get: { place: 1, keyword: 'handler', kind: 'route' },
  add_post: { place: 1, keyword: 'handler', kind: 'route' },
  add_put: { place: 1, keyword: 'handler', kind: 'route' },
  add_patch: { place: 1, keyword: 'handler', kind: 'route' },
  add_delete: { place: 1, keyword: 'handler', kind: 'route' },
  add_view: { place: 1, keyword: 'handler', kind: 'route' },
  add_exception_handler: { place: 1, keyword: 'handler', kind: 'exception-handler' },
  register_error_handler: { place: 1, keyword: 'f', kind: 'exception-handler' },
  add_event_handler: { place: 1, keyword: 'func', kind: 'startup' },
}
const FRAMEWORKS: readonly (readonly [string, string])[] = [
  ['fastapi', 'fastapi'],
  ['starlette', 'starlette'],
  ['fastapi_utils', 'fastapi'],
  ['flask', 'flask'],
  ['quart', 'quart'],
  ['aiohttp', 'aiohttp'],
  ['sanic', 'sanic'],
  ['litestar', 'litestar'],
  ['starlite', 'litestar'],
  ['ninja', 'ninja'],
  ['flask_restful', 'flask'],
  ['flask_restx', 'flask'],
  ['bottle', 'flask'],
  ['robyn', 'sanic'],
]
const AIOHTTP_TABLE = ['get', 'post', 'put', 'patch', 'delete', 'view']
const CLASS_VERBS = 'get post put patch delete head options'.split(' ')

/** Finds web entry points. */
export function findWebEntries(collector: EntryCollector): void {
  const { inference } = collector
  const { index } = inference
  for (let scope = 0; scope < index.scopeCount; scope++) {
    const kind = index.scopeKind[scope]
    if (kind === ScopeKind.Function) {
      decorated(collector, scope)
      lifespan(collector, scope)
    } else if (kind === ScopeKind.Class) classBased(collector, scope)
  }
  registered(collector)
}

/** `@asynccontextmanager async def lifespan(app: FastAPI)`, however it is handed to the application. */
function lifespan(collector: EntryCollector, fn: FunctionId): void {
  const { inference } = collector
  const { index } = inference
  if (!collector.isAsync(fn) || !inference.decoratorNames(fn).includes('asynccontextmanager')) return
  const module = index.scopeModule[fn]!
  const tree = index.trees[module]!
  const parameter = tree.childOf(index.scopeNode[fn]!, Kind.Param)
  if (parameter < 0) return
  const kinds = collector.kindsOf(inference.typeOf(module, parameter))
  if (!kinds.some((name) => /^(fastapi|starlette)\./.test(name))) return
  if (/\.(Request|WebSocket|HTTPConnection)$/.test(kinds[0] ?? '')) return
  collector.add('startup', 'starlette', fn, 'lifespan', module, index.scopeNode[fn]!)
}

/** `@socketio.on("join")` of Flask-SocketIO, `@sio.event` of python-socketio. */
function isSocketServer(collector: EntryCollector, module: number, receiver: number): boolean {
  return collector
    .kindsOf(collector.inference.typeOf(module, receiver))
    .some((name) => /^(?:flask_socketio\.SocketIO|socketio\.(?:\w+\.)*(?:Async)?Server)$/.test(name))
}

function decorated(collector: EntryCollector, fn: FunctionId): void {
  const { inference } = collector
  const { index } = inference
  const module = index.scopeModule[fn]!
  const tree = index.trees[module]!
  for (
    let at = tree.firstChild(index.scopeNode[fn]!);
    at >= 0 && tree.kind(at) === Kind.Decorator;
    at = tree.nextSibling(at)
  ) {
    const isCall = tree.kind(at + 1) === Kind.Call
    const callee = isCall ? at + 2 : at + 1
    if (tree.kind(callee) !== Kind.Attribute) {
      if (isCall && VERBS.has(lastName(tree, callee))) bareRoute(collector, fn, module, tree, at + 1)
      continue
    }
    const verb = tree.text(callee)
    if ((verb === 'on' || verb === 'event') && isSocketServer(collector, module, callee + 1)) {
      const told = isCall ? collector.textArgument(tree, module, at + 1, 0, 'message') : ''
      const label = `message ${told || tree.text(index.scopeNode[fn]!)}`
      collector.add('websocket', 'socketio', fn, label, module, at + 1)
      continue
    }
    const hook = HOOKS[verb]
    if (!VERBS.has(verb) && hook === undefined) continue
    const framework = frameworkAt(
      collector,
      module,
      tree,
      callee + 1,
      isCall && hook === undefined ? collector.textArgument(tree, module, at + 1, 0, 'path') : '',
    )
    if (framework === '') continue
    if (hook !== undefined) {
      const what = isCall ? collector.textArgument(tree, module, at + 1, 0, '') : ''
      collector.add(hook, framework, fn, `${verb.replaceAll('_', ' ')}${what === '' ? '' : ` ${what}`}`, module, at + 1)
      continue
    }
    if (!isCall) continue
    const path = routerPrefix(collector, module, callee + 1) + collector.textArgument(tree, module, at + 1, 0, 'path')
    const isSocket = verb.startsWith('websocket')
    const label = isSocket ? `WEBSOCKET ${path}` : `${routeVerb(tree, module, collector, at + 1, verb)} ${path}`
    collector.add(isSocket ? 'websocket' : 'route', framework, fn, label.trim(), module, at + 1)
    remember(collector, module, callee + 1, fn)
    for (const to of collector.graph.providersIn(module, at + 1, tree.end(at + 1)))
      collector.extra.push({ from: fn, to })
  }
}

/** `@get("/x")` of Litestar. */
function bareRoute(collector: EntryCollector, fn: FunctionId, module: number, tree: SyntaxTree, call: number): void {
  const kinds = collector.kindsOf(collector.inference.typeOf(module, call + 1))
  if (!kinds.some((name) => name.startsWith('litestar.') || name.startsWith('starlite.'))) return
  const path = collector.textArgument(tree, module, call, 0, 'path')
  collector.add('route', 'litestar', fn, `${tree.text(call + 1).toUpperCase()} ${path}`.trim(), module, call)
}

function routeVerb(tree: SyntaxTree, module: number, collector: EntryCollector, call: number, verb: string): string {
  if (verb !== 'route' && verb !== 'api_route') return verb.toUpperCase()
  const methods = collector.inference.argumentOf(module, call, -1, 'methods')
  const first = methods >= 0 ? tree.firstChild(methods) : -1
  return first >= 0 && tree.kind(first) === Kind.String ? tree.text(first) : 'GET'
}

/** The framework of an application, router or blueprint object; '' when it is something else. */
function frameworkAt(
  collector: EntryCollector,
  module: number,
  tree: SyntaxTree,
  object: number,
  path: string,
): string {
  const kinds = collector.kindsOf(collector.inference.typeOf(module, object))
  for (const name of kinds) {
    const top = name.slice(0, name.indexOf('.') < 0 ? name.length : name.indexOf('.'))
    for (const [prefix, framework] of FRAMEWORKS) if (top === prefix) return framework
  }
  if (kinds.length > 0) return ''
  // An object whose making we cannot see (an application factory): by its name or the path it is given, and what the
  // file imports.
  if (
    !path.startsWith('/') &&
    !/(^|_)(router|app|api|bp|blueprint|routes|server|application)$/i.test(lastName(tree, object))
  )
    return ''
  return importedFramework(collector, module)
}

function importedFramework(collector: EntryCollector, module: number): string {
  const { index } = collector.inference
  const tree = index.trees[module]!
  for (let i = index.firstImport[module]!; i < index.firstImport[module + 1]!; i++) {
    const node = index.importNode[i]!
    const text = tree.kind(node) === Kind.ImportFrom ? tree.text(node) : tree.text(tree.firstChild(node))
    for (const [prefix, framework] of FRAMEWORKS) if (text === prefix || text.startsWith(`${prefix}.`)) return framework
  }
  return ''
}

function routerPrefix(collector: EntryCollector, module: number, object: number): string {
  const place = collector.inference.definitionOf(module, object)
  if (place === undefined) return ''
  const tree = collector.inference.index.trees[place.module]!
  const statement = tree.parent(place.node)
  if (tree.kind(statement) !== Kind.Assign) return ''
  const value = tree.lastChild(statement)
  if (tree.kind(value) !== Kind.Call) return ''
  const prefix = collector.inference.argumentOf(place.module, value, -1, 'prefix')
  return prefix >= 0 && tree.kind(prefix) === Kind.String ? tree.text(prefix) : ''
}

function remember(collector: EntryCollector, module: number, object: number, fn: FunctionId): void {
  const place = collector.inference.definitionOf(module, object)
  if (place === undefined) return
  const key = `${place.module}:${place.node}`
  const list = collector.routesOf.get(key)
  if (list === undefined) collector.routesOf.set(key, [fn])
  else list.push(fn)
}

/** Classes whose base says that a framework calls their methods. */
function classBased(collector: EntryCollector, scope: number): void {
  const { inference } = collector
  const { index } = inference
  const bases = inference.classes.ancestors(scope)
  const module = index.scopeModule[scope]!
  const tree = index.trees[module]!
  const node = index.scopeNode[scope]!
  const name = tree.text(node)
  let isMiddleware = false
  for (const base of bases) {
    if (base.scope >= 0) continue
    const outside = base.outside
    if (/^(starlette|fastapi)\.middleware\.base\.BaseHTTPMiddleware$/.test(outside)) {
      addMethods(collector, scope, ['dispatch'], 'middleware', 'starlette', `middleware ${name}`)
      isMiddleware = true
    } else if (outside === 'starlette.authentication.AuthenticationBackend') {
      addMethods(collector, scope, ['authenticate'], 'middleware', 'starlette', `authentication ${name}`)
    } else if (outside === 'starlette.endpoints.HTTPEndpoint') {
      addMethods(collector, scope, CLASS_VERBS, 'route', 'starlette', name)
    } else if (outside === 'starlette.endpoints.WebSocketEndpoint') {
      addMethods(collector, scope, ['on_connect', 'on_receive', 'on_disconnect'], 'websocket', 'starlette', name)
    } else if (/^flask(_restful|_restx)?\.(views\.)?(MethodView|Resource|View)$/.test(outside)) {
      addMethods(collector, scope, [...CLASS_VERBS, 'dispatch_request'], 'route', 'flask', name)
    } else if (outside === 'aiohttp.web.View') {
      addMethods(collector, scope, CLASS_VERBS, 'route', 'aiohttp', name)
    } else if (/^(tornado\.web\.RequestHandler)$/.test(outside)) {
      addMethods(collector, scope, CLASS_VERBS, 'route', 'asyncio', name)
    } else if (/^channels\.generic\.(websocket|http)\./.test(outside)) {
      addMethods(
        collector,
        scope,
        ['connect', 'receive', 'receive_json', 'disconnect', 'handle'],
        'websocket',
        'channels',
        name,
      )
    } else if (/^fastapi\.security\./.test(outside)) {
      addMethods(collector, scope, ['__call__'], 'dependency', 'fastapi', name)
    }
  }
  if (isMiddleware || !name.endsWith('Middleware')) return
  // A plain ASGI middleware: `async def __call__(self, scope, receive, send)`.
  const call = collector.method(scope, '__call__')
  if (call < 0 || !collector.isAsync(call)) return
  const other = index.trees[index.scopeModule[call]!]!
  const parameters = children(other, index.scopeNode[call]!, Kind.Param)
  if (parameters.length === 4) collector.add('middleware', 'starlette', call, `middleware ${name}`, module, node)
}

function addMethods(
  collector: EntryCollector,
  scope: number,
  names: readonly string[],
  kind: EntryKind,
  framework: string,
  label: string,
): void {
  const { index } = collector.inference
  const module = index.scopeModule[scope]!
  for (const name of names) {
    const fn = collector.method(scope, name)
    if (fn < 0) continue
    const text = kind === 'route' ? `${name.toUpperCase()} ${label}` : label
    collector.add(kind, framework, fn, text, module, index.scopeNode[scope]!)
  }
}

/** Handlers handed over in calls: add_api_route, Route, add_middleware, FastAPI(lifespan=…), include_router … */
function registered(collector: EntryCollector): void {
  const { inference } = collector
  const { index } = inference
  const strings = index.trees[0]?.strings
  if (strings === undefined) return
  const wanted = new Map<number, string>()
  for (const name of [
    ...Object.keys(REGISTRARS),
    'add_middleware',
    'Middleware',
    'FastAPI',
    'Starlette',
    'APIRouter',
    'include_router',
    'append',
    'add_task',
    ...AIOHTTP_TABLE,
  ]) {
    const id = strings.id(name)
    if (id >= 0) wanted.set(id, name)
  }
  for (let module = 0; module < index.trees.length; module++) {
    const tree = index.trees[module]!
    for (let call = index.firstCall[module]!; call < index.firstCall[module + 1]!; call++) {
      const name = wanted.get(index.callName[call]!)
      if (name === undefined) continue
      const node = index.callNode[call]!
      const registrar = REGISTRARS[name]
      if (registrar !== undefined) addRegistered(collector, module, tree, node, name, registrar)
      else if (name === 'add_middleware' || name === 'Middleware') addMiddleware(collector, module, node)
      else if (name === 'append') addHookList(collector, module, tree, node)
      else if (name === 'add_task') continue
      else if (AIOHTTP_TABLE.includes(name)) addTabled(collector, module, tree, node, name)
      else addApplication(collector, module, tree, node, name)
    }
  }
}

function addRegistered(
  collector: EntryCollector,
  module: number,
  tree: SyntaxTree,
  node: number,
  name: string,
  how: { readonly place: number; readonly keyword: string; readonly kind: EntryKind },
): void {
  const { inference } = collector
  let handler = inference.argumentOf(module, node, -1, how.keyword)
  if (handler < 0) handler = inference.argumentOf(module, node, how.place, '')
  if (handler < 0) return
  const isAiohttp = name === 'add_view' || /^add_(get|post|put|patch|delete)$/.test(name)
  const framework =
    name === 'add_url_rule' || name === 'register_error_handler'
      ? 'flask'
      : isAiohttp || importedFramework(collector, module) === 'aiohttp'
        ? 'aiohttp'
        : importedFramework(collector, module) || 'starlette'
  const path = collector.textArgument(tree, module, node, 0, 'path')
  const label =
    how.kind === 'route'
      ? `${name.startsWith('add_') && isAiohttp ? name.slice(4).toUpperCase() : methodOf(collector, module, node)} ${path}`.trim()
      : `${name} ${path}`.trim()
  const looped = loopedHandlers(collector, module, handler)
  const found = looped.length > 0 ? looped : collector.functionsOf(module, handler)
  for (const fn of found) collector.add(how.kind, framework, fn, label, module, node)
  const isKnown = collector.classesOf(module, handler).length > 0 || collector.isOutside(module, handler)
  const isAsView = tree.kind(handler) === Kind.Call && lastName(tree, handler + 1) === 'as_view'
  const isRoute = how.kind === 'route' && path.startsWith('/') && importedFramework(collector, module) !== ''
  if (found.length === 0 && isRoute && !isKnown && !isAsView) collector.lose(label, module, node)
}

/** The first method that a registration names; GET when it names none. */
function methodOf(collector: EntryCollector, module: number, call: number): string {
  const tree = collector.inference.index.trees[module]!
  const methods = collector.inference.argumentOf(module, call, -1, 'methods')
  const first = methods >= 0 ? tree.firstChild(methods) : -1
  return first >= 0 && tree.kind(first) === Kind.String ? tree.text(first) : 'GET'
}

/** `for path, view in ROUTES: app.add_url_rule(path, view_func=view)`: every function in the table. */
function loopedHandlers(collector: EntryCollector, module: number, handler: number): readonly FunctionId[] {
  const { inference } = collector
  const { index, names } = inference
  const tree = index.trees[module]!
  if (tree.kind(handler) !== Kind.Name) return []
  const bound = names.lookUp(names.scopeOf(module, handler), tree.name(handler))
  for (const node of bound?.nodes ?? []) {
    const loop = tree.kind(node) === Kind.Name ? tree.ancestor(node, Kind.For) : -1
    if (loop < 0 || index.scopeModule[bound!.scope] !== module) continue
    const table = tree.nextSibling(tree.firstChild(loop))
    if (table < 0 || node > table) continue
    const place = inference.definitionOf(module, tree.kind(table) === Kind.Call ? table + 2 : table)
    const [home, from] =
      place === undefined || tree.kind(table) === Kind.List || tree.kind(table) === Kind.Tuple
        ? [module, table]
        : [place.module, index.trees[place.module]!.parent(place.node)]
    const other = index.trees[home]!
    const found: FunctionId[] = []
    for (let at = from; at < other.end(from); at++) {
      if (other.kind(at) === Kind.Name || other.kind(at) === Kind.Attribute)
        found.push(...collector.functionsOf(home, at))
    }
    if (found.length > 0) return found
  }
  return []
}

/** `web.get('/x', handler)` in a table of aiohttp. */
function addTabled(collector: EntryCollector, module: number, tree: SyntaxTree, node: number, name: string): void {
  if (tree.kind(node + 1) !== Kind.Attribute || !/^(?:aiohttp_)?web$/.test(lastName(tree, node + 2))) return
  if (importedFramework(collector, module) !== 'aiohttp') return
  const handler = collector.inference.argumentOf(module, node, 1, '')
  if (handler < 0) return
  const label = `${name.toUpperCase()} ${collector.textArgument(tree, module, node, 0, 'path')}`.trim()
  const found = collector.functionsOf(module, handler)
  for (const fn of found) collector.add('route', 'aiohttp', fn, label, module, node)
  if (found.length === 0 && collector.classesOf(module, handler).length === 0) collector.lose(label, module, node)
}

function addMiddleware(collector: EntryCollector, module: number, node: number): void {
  const argument = collector.inference.argumentOf(module, node, 0, '')
  if (argument < 0) return
  for (const scope of collector.classesOf(module, argument)) {
    const { index } = collector.inference
    const name = index.trees[index.scopeModule[scope]!]!.text(index.scopeNode[scope]!)
    addMethods(collector, scope, ['dispatch', '__call__'], 'middleware', 'starlette', `middleware ${name}`)
  }
}

/** `app.on_startup.append(f)` and `app.middlewares.append(f)` of aiohttp. */
function addHookList(collector: EntryCollector, module: number, tree: SyntaxTree, node: number): void {
  const list = node + 2
  if (tree.kind(node + 1) !== Kind.Attribute || tree.kind(list) !== Kind.Attribute) return
  const name = tree.text(list)
  const kind: EntryKind | undefined =
    name === 'on_startup' || name === 'cleanup_ctx' || name === 'on_cleanup' || name === 'on_shutdown'
      ? 'startup'
      : name === 'middlewares'
        ? 'middleware'
        : undefined
  const argument = collector.inference.argumentOf(module, node, 0, '')
  if (kind === undefined || argument < 0) return
  for (const fn of collector.functionsOf(module, argument)) collector.add(kind, 'aiohttp', fn, name, module, node)
}

/** FastAPI(lifespan=…, dependencies=…), APIRouter(dependencies=…), include_router(r, dependencies=…). */
function addApplication(collector: EntryCollector, module: number, tree: SyntaxTree, node: number, name: string): void {
  const { inference } = collector
  for (const keyword of ['lifespan', 'on_startup', 'on_shutdown']) {
    const hook = inference.argumentOf(module, node, -1, keyword)
    if (hook < 0) continue
    for (const at of tree.kind(hook) === Kind.List ? children(tree, hook) : [hook]) {
      for (const fn of collector.functionsOf(module, at))
        collector.add('startup', 'starlette', fn, keyword, module, node)
    }
  }
  const dependencies = inference.argumentOf(module, node, -1, 'dependencies')
  if (dependencies < 0) return
  const providers = collector.graph.providersIn(module, dependencies, tree.end(dependencies))
  if (providers.length === 0) return
  for (const fn of routesUnder(collector, module, tree, node, name))
    for (const to of providers) collector.extra.push({ from: fn, to })
}

/** Routes that an application or router object serves, as far as names show. */
function routesUnder(
  collector: EntryCollector,
  module: number,
  tree: SyntaxTree,
  node: number,
  name: string,
): readonly FunctionId[] {
  if (name === 'FastAPI' || name === 'Starlette') return [...collector.routesOf.values()].flat()
  if (name === 'APIRouter') {
    const statement = tree.parent(node)
    if (tree.kind(statement) !== Kind.Assign) return []
    return collector.routesOf.get(`${module}:${tree.firstChild(statement)}`) ?? []
  }
  const router = collector.inference.argumentOf(module, node, 0, '')
  const place = router < 0 ? undefined : collector.inference.definitionOf(module, router)
  return place === undefined ? [] : (collector.routesOf.get(`${place.module}:${place.node}`) ?? [])
}

function children(tree: SyntaxTree, node: number, kind = 0): number[] {
  const found: number[] = []
  for (let at = tree.firstChild(node); at >= 0; at = tree.nextSibling(at))
    if (kind === 0 || tree.kind(at) === kind) found.push(at)
  return found
}
