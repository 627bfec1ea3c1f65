// call-without-timeout in Python: requests, urllib, urllib3, smtplib and kin wait for ever unless told otherwise; httpx and aiohttp when told so.
import { Flag, Kind, ParamKind, paramKind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { FunctionId, ModuleId } from '../../graph/contract.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName, constantText, keyword, positional, receiverOf } from '../../survey/expressions.ts'
import { type LibraryCall, libraryCalls } from '../../survey/library-calls.ts'
import { surveyOf } from '../../survey/survey.ts'
import { definitionOf, projectClassesOf } from '../../survey/what-it-is.ts'
import { bodyOf, isProduct, WEB } from '../../survey/whereabouts.ts'
import type { EndlessCall, EndlessCalls } from './endless-call.ts'

/** How a library is told how long to wait. */
interface Waiter {
  /** Keyword of the limit. */
  readonly keyword: string
  /** Place of the limit among the positional arguments, when it has one. */
  readonly position?: number
  /** The limit of the client is asked for when the call gives none. */
  readonly hasClient?: true
  /** `socket.setdefaulttimeout` counts: it does for the standard library, not for requests. */
  readonly socketDefault?: true
  /** It has a limit by itself: only `None` takes it away. */
  readonly isLimited?: true
  readonly isMild?: true
  readonly remedy: string
}

const VERBS = 'get post put patch delete head options request'.split(' ')
const REQUESTS: Waiter = {
  keyword: 'timeout',
  remedy: 'Pass `timeout=(3, 30)`, or use one session whose adapter sets it for every call.',
}
const STANDARD: Omit<Waiter, 'remedy'> = { keyword: 'timeout', socketDefault: true }
const PASS = 'Pass `timeout=` in seconds.'

const WAITERS = new Map<string, Waiter>([
  ...VERBS.flatMap((verb): [string, Waiter][] => [
    [`requests.${verb}`, REQUESTS],
    [`requests.api.${verb}`, REQUESTS],
    [`requests.Session.${verb}`, { ...REQUESTS, hasClient: true }],
    [`httpx.${verb}`, { keyword: 'timeout', isLimited: true, remedy: PASS }],
    [`httpx.Client.${verb}`, { keyword: 'timeout', isLimited: true, remedy: PASS }],
    [`httpx.AsyncClient.${verb}`, { keyword: 'timeout', isLimited: true, remedy: PASS }],
  ]),
  ['requests.Session.send', { ...REQUESTS, hasClient: true }],
  [
    'httpx.Client',
    { keyword: 'timeout', isLimited: true, remedy: 'Give the client a limit: `httpx.Client(timeout=30)`.' },
  ],
  [
    'httpx.AsyncClient',
    { keyword: 'timeout', isLimited: true, remedy: 'Give the client a limit: `httpx.AsyncClient(timeout=30)`.' },
  ],
  [
    'aiohttp.ClientTimeout',
    {
      keyword: 'total',
      position: 0,
      isLimited: true,
      remedy: 'Give `total`, or `sock_connect` and `sock_read` for streams.',
    },
  ],
  ['urllib.request.urlopen', { ...STANDARD, position: 2, remedy: PASS }],
  [
    'urllib.request.urlretrieve',
    { ...STANDARD, remedy: 'Use `urlopen(url, timeout=30)`: `urlretrieve` takes no limit.' },
  ],
  ['smtplib.SMTP', { ...STANDARD, position: 3, remedy: PASS }],
  ['imaplib.IMAP4', { ...STANDARD, position: 2, remedy: PASS }],
  ['poplib.POP3', { ...STANDARD, position: 2, remedy: PASS }],
  ['ftplib.FTP', { ...STANDARD, position: 4, remedy: PASS }],
  ['http.client.HTTPConnection', { ...STANDARD, position: 2, remedy: PASS }],
  ['socket.create_connection', { ...STANDARD, position: 1, remedy: PASS }],
  [
    'redis.Redis',
    { keyword: 'socket_timeout', isMild: true, remedy: 'Pass `socket_timeout` and `socket_connect_timeout`.' },
  ],
  [
    'redis.Redis.from_url',
    {
      keyword: 'socket_timeout',
      isMild: true,
      remedy: 'Pass `socket_timeout` and `socket_connect_timeout`, or put them into the URL.',
    },
  ],
  [
    'redis.from_url',
    {
      keyword: 'socket_timeout',
      isMild: true,
      remedy: 'Pass `socket_timeout` and `socket_connect_timeout`, or put them into the URL.',
    },
  ],
  [
    'celery.result.AsyncResult.get',
    {
      keyword: 'timeout',
      position: 0,
      remedy: 'Pass `timeout=`, or answer with the id of the job and let the client ask again.',
    },
  ],
])
/** Other libraries with the interface of requests, and a limit by themselves. */
const LIMITED_TWINS = ['niquests', 'curl_cffi']
/** `with timeout(10):`, `async with asyncio.timeout(10)`, `wait_for(…)`. */
const LIMITS_AROUND =
  /^(?:timeout|Timeout|timeout_at|fail_after|move_on_after|wait_for|wait_for_async|time_limit|with_timeout)$/

/** Calls that nothing limits. */
export function endlessPythonCalls(context: RuleContext): EndlessCalls {
  const calls = libraryCalls(context, WAITERS.keys())
  const endless: EndlessCall[] = []
  let examined = 0
  const clients = sessionsWithLimit(context)
  const socketDefault = surveyOf(context)
    .callsNamed('setdefaulttimeout')
    .some(({ module }) => isProduct(context.program.modules[module]!))
  for (const call of calls) {
    const waiter = WAITERS.get(call.name)!
    if (LIMITED_TWINS.some((name) => context.program.imports.externalsOf(call.module).has(name))) continue
    if (call.name === 'celery.result.AsyncResult.get' && !context.program.reach.isReachable(bodyOf(context, call), WEB))
      continue
    examined++
    if (waiter.socketDefault === true && socketDefault) continue
    const limit = limitOf(context, call, waiter)
    if (limit === 'limited' || isLimitedAround(context.trees[call.module]!, call.node)) continue
    if (waiter.hasClient === true && clientHasLimit(context, call, clients)) continue
    endless.push({
      module: call.module,
      node: call.node,
      name: shown(call.name),
      confidence: limit === 'guess' || call.confidence !== 'definite' ? 'probable' : 'definite',
      waits: 'for ever',
      remedy: waiter.remedy,
      isMild: waiter.isMild === true,
    })
  }
  return { endless, examined }
}

const shown = (name: string): string => name.replace('requests.api.', 'requests.')

/** What the call says about its limit. */
function limitOf(context: RuleContext, call: LibraryCall, waiter: Waiter): 'limited' | 'endless' | 'guess' {
  const tree = context.trees[call.module]!
  const { node } = call
  const given = keyword(tree, node, waiter.keyword)
  const value = given >= 0 ? given : waiter.position === undefined ? -1 : positional(tree, node, waiter.position)
  if (call.name === 'aiohttp.ClientTimeout') {
    const isLifted = value >= 0 && isNothing(tree, value)
    return isLifted && keyword(tree, node, 'sock_read') < 0 ? 'endless' : 'limited'
  }
  if (value >= 0) {
    if (tree.kind(value) === Kind.None) return 'endless'
    if (waiter.isLimited === true) return isEndlessTimeout(tree, value) ? 'endless' : 'limited'
    return waitsByDefault(context, call, value) ? 'guess' : 'limited'
  }
  if (waiter.isLimited === true) return 'limited'
  const unpacked = unpackedOf(tree, node)
  if (unpacked >= 0) return limitInMapping(context, call, waiter.keyword, unpacked)
  if (tree.childOf(node, Kind.Starred) >= 0) return 'limited'
  const first = positional(tree, node, 0)
  if (first >= 0 && constantText(tree, first).startsWith('data:')) return 'limited'
  // `redis.Redis(connection_pool=pool)`: what the pool says is said elsewhere; so is what stands in an address.
  if (keyword(tree, node, 'connection_pool') >= 0 || constantText(tree, first).includes(waiter.keyword))
    return 'limited'
  return 'endless'
}

const isNothing = (tree: SyntaxTree, node: number): boolean =>
  tree.kind(node) === Kind.None ||
  (tree.kind(node) === Kind.Number && tree.has(node, Flag.INTEGER) && tree.value(node) === 0)

/** `httpx.Timeout(None)`; `httpx.Timeout(None, connect=5)` too: reading has no end. */
function isEndlessTimeout(tree: SyntaxTree, value: number): boolean {
  if (tree.kind(value) !== Kind.Call || calleeName(tree, value) !== 'Timeout') return false
  const first = positional(tree, value, 0)
  return first >= 0 && tree.kind(first) === Kind.None && keyword(tree, value, 'read') < 0
}

/** The expression of `**options` in a call, or -1. */
function unpackedOf(tree: SyntaxTree, call: number): number {
  for (let at = tree.nextSibling(call + 1); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) === Kind.Keyword && tree.value(at) < 0) return at + 1
  }
  return -1
}

/** `timeout=timeout` of a parameter that is None unless given, in a function that some caller does not give it to. */
function waitsByDefault(context: RuleContext, call: LibraryCall, value: number): boolean {
  const tree = context.trees[call.module]!
  if (tree.kind(value) !== Kind.Name) return false
  const fn = tree.enclosingFunction(call.node)
  if (fn < 0 || tree.kind(fn) !== Kind.FunctionDef || isAssigned(tree, fn, tree.name(value))) return false
  let position = tree.kind(tree.scope(fn)) === Kind.ClassDef ? -1 : 0
  for (let at = tree.firstChild(fn); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.Param) continue
    if (tree.name(at) === tree.name(value)) {
      if (!tree.has(at, Flag.HAS_DEFAULT) || tree.kind(tree.lastChild(at)) !== Kind.None) return false
      return callersWithout(context, context.program.functionAt(call.module, fn), tree.text(at), position) > 0
    }
    position++
  }
  return false
}

function isAssigned(tree: SyntaxTree, fn: number, name: number): boolean {
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) === Kind.Name && tree.name(at) === name && tree.has(at, Flag.STORE)) return true
  }
  return false
}

/** Callers that do not give an argument, by keyword or by place. */
function callersWithout({ program, trees }: RuleContext, fn: FunctionId, name: string, position: number): number {
  let without = 0
  for (const call of program.callersOf(fn)) {
    const { module } = program.callInfo(call)
    const tree = trees[module]!
    const node = program.callNode(call)
    if (!isProduct(program.modules[module]!) || keyword(tree, node, name) >= 0) continue
    if (unpackedOf(tree, node) >= 0 || tree.childOf(node, Kind.Starred) >= 0) continue
    if (position >= 0 && positional(tree, node, position) >= 0) continue
    without++
  }
  return without
}

/** What `**options` may hold: the function's own keywords, or a dict that it makes. */
function limitInMapping(
  context: RuleContext,
  call: LibraryCall,
  name: string,
  mapping: number,
): 'limited' | 'endless' | 'guess' {
  const tree = context.trees[call.module]!
  const fn = tree.enclosingFunction(call.node)
  if (fn < 0 || tree.kind(mapping) !== Kind.Name) return 'limited'
  const wanted = tree.strings.id(name)
  let isParameter = false
  let isMade = false
  for (let at = fn; at < tree.end(fn); at++) {
    const kind = tree.kind(at)
    // `kwargs.setdefault('timeout', 10)`, `options = {'timeout': 10}`, `dict(timeout=10)`.
    if ((kind === Kind.String || kind === Kind.Keyword) && tree.value(at) >= 0 && tree.name(at) === wanted)
      return 'limited'
    if (kind === Kind.Param && tree.parent(at) === fn && tree.name(at) === tree.name(mapping))
      isParameter = paramKind(tree.flags(at)) === ParamKind.VarKeywords
    if (kind === Kind.Name && tree.name(at) === tree.name(mapping) && tree.has(at, Flag.STORE)) {
      const value = tree.lastChild(tree.parent(at))
      const isLiteral =
        tree.kind(value) === Kind.Dict || (tree.kind(value) === Kind.Call && calleeName(tree, value) === 'dict')
      if (!isLiteral || tree.childOf(value, Kind.DictUnpack) >= 0) return 'limited'
      isMade = true
    }
  }
  if (isMade) return 'guess'
  if (!isParameter) return 'limited'
  return callersWithout(context, context.program.functionAt(call.module, fn), name, -1) > 0 ? 'guess' : 'limited'
}

function isLimitedAround(tree: SyntaxTree, node: number): boolean {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef) {
      for (
        let part = tree.firstChild(at);
        part >= 0 && tree.kind(part) === Kind.Decorator;
        part = tree.nextSibling(part)
      ) {
        const callee = tree.kind(part + 1) === Kind.Call ? part + 2 : part + 1
        const named = tree.kind(callee) === Kind.Name || tree.kind(callee) === Kind.Attribute
        if (named && LIMITS_AROUND.test(tree.text(callee))) return true
      }
      return false
    }
    if (kind === Kind.Call && LIMITS_AROUND.test(calleeName(tree, at))) return true
    if (kind !== Kind.With) continue
    for (
      let item = tree.firstChild(at);
      item >= 0 && tree.kind(item) === Kind.WithItem;
      item = tree.nextSibling(item)
    ) {
      if (tree.kind(item + 1) === Kind.Call && LIMITS_AROUND.test(calleeName(tree, item + 1))) return true
    }
  }
  return false
}

/** Modules that give sessions a limit: `session.mount('https://', TimeoutAdapter())`, `session.request = partial(…, timeout=…)`. */
function sessionsWithLimit(context: RuleContext): ReadonlySet<ModuleId> {
  const found = new Set<ModuleId>()
  const survey = surveyOf(context)
  for (const { module, node } of survey.callsNamed('mount')) {
    const tree = context.trees[module]!
    const adapter = positional(tree, node, 1)
    if (adapter >= 0 && mentionsLimit(context, module, adapter)) found.add(module)
  }
  for (const { module, node } of survey.callsNamed('partial')) {
    const tree = context.trees[module]!
    if (keyword(tree, node, 'timeout') >= 0 && positional(tree, node, 0) >= 0) found.add(module)
  }
  return found
}

/** The adapter is told a limit, or is an instance of a class of ours that sets one when it sends. */
function mentionsLimit(context: RuleContext, module: ModuleId, adapter: number): boolean {
  const tree = context.trees[module]!
  const wanted = tree.strings.id('timeout')
  for (let at = adapter; at < tree.end(adapter); at++) {
    if (tree.kind(at) === Kind.Keyword && tree.name(at) === wanted) return true
  }
  return projectClassesOf(context, { module, node: adapter }).some((scope) => setsLimit(context, scope))
}

/** The class has a `send` or a `request` that speaks of a time-out. */
function setsLimit(context: RuleContext, scope: FunctionId): boolean {
  const { module, node } = definitionOf(context, scope)
  const tree = context.trees[module]!
  const body = tree.childOf(node, Kind.Body)
  const wanted = tree.strings.id('timeout')
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.FunctionDef || !/^(?:send|request)$/.test(tree.text(at))) continue
    for (let part = at; part < tree.end(at); part++) {
      const kind = tree.kind(part)
      const isNamed =
        kind === Kind.Name ||
        kind === Kind.Attribute ||
        kind === Kind.String ||
        kind === Kind.Keyword ||
        kind === Kind.Param
      if (isNamed && tree.value(part) >= 0 && tree.name(part) === wanted) return true
    }
  }
  return false
}

/** The session is of a class that limits, or is made where sessions are given a limit. */
function clientHasLimit(context: RuleContext, call: LibraryCall, limiting: ReadonlySet<ModuleId>): boolean {
  const tree = context.trees[call.module]!
  const receiver = receiverOf(tree, call.node)
  if (receiver < 0) return false
  if (projectClassesOf(context, { module: call.module, node: receiver }).some((scope) => setsLimit(context, scope)))
    return true
  if (limiting.size === 0) return false
  if (limiting.has(call.module)) return true
  return context.program.imports.importsOf(call.module).some((edge) => limiting.has(edge.to))
}
