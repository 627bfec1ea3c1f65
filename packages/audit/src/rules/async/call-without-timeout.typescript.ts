// call-without-timeout in TypeScript: axios, got, node-fetch and http wait for ever unless told otherwise, fetch for minutes.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName, positional } from '../../survey/expressions.ts'
import { type LibraryCall, libraryCalls } from '../../survey/library-calls.ts'
import { entryOf, hasSpread } from '../../survey/object-literal.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { argumentsFor, givenValues, literalsOf, resultsOf } from '../../survey/what-it-is.ts'
import { isProduct, placeOf } from '../../survey/whereabouts.ts'
import type { EndlessCall, EndlessCalls } from './endless-call.ts'

/** How a library is told how long to wait. */
interface Waiter {
  /** Places of the options among the arguments. */
  readonly options: readonly number[]
  /** Keys of the options that limit. */
  readonly keys: readonly string[]
  readonly client?: 'axios' | 'nest'
  readonly isMild?: true
  readonly waits?: string
  readonly remedy: string
}

const WITH_BODY = ['post', 'put', 'patch', 'postForm', 'putForm', 'patchForm']
const WITHOUT_BODY = ['get', 'delete', 'head', 'options']
const AXIOS: Omit<Waiter, 'options'> = {
  keys: ['timeout', 'signal'],
  client: 'axios',
  remedy: 'Give `timeout` in milliseconds, best once: `axios.create({ timeout: 10_000 })`.',
}
const SIGNAL = 'Pass `signal: AbortSignal.timeout(10_000)`.'
const MINUTES = 'five minutes for the headers and five more for each part of the body'
const FETCH: Waiter = { options: [1], keys: ['signal', 'timeout'], isMild: true, waits: MINUTES, remedy: SIGNAL }
const NODE: Omit<Waiter, 'remedy'> = { options: [0, 1], keys: ['timeout', 'signal'] }
const GOT: Waiter = {
  options: [0, 1],
  keys: ['timeout', 'signal'],
  remedy: 'Give `timeout: { request: 10_000 }`, best once in `got.extend`.',
}

const WAITERS = new Map<string, Waiter>([
  ...['axios', 'axios.AxiosInstance'].flatMap((owner): [string, Waiter][] => [
    ...WITH_BODY.map((verb): [string, Waiter] => [`${owner}.${verb}`, { ...AXIOS, options: [2] }]),
    ...WITHOUT_BODY.map((verb): [string, Waiter] => [`${owner}.${verb}`, { ...AXIOS, options: [1] }]),
    [`${owner}.request`, { ...AXIOS, options: [0] }],
  ]),
  ['axios', { ...AXIOS, options: [0, 1] }],
  ['axios.AxiosInstance.__call__', { ...AXIOS, options: [0, 1] }],
  ...[...WITH_BODY, ...WITHOUT_BODY].map((verb): [string, Waiter] => [
    `@nestjs/axios.HttpService.${verb}`,
    {
      ...AXIOS,
      client: 'nest',
      options: [WITH_BODY.includes(verb) ? 2 : 1],
      remedy: 'Give `timeout` once: `HttpModule.register({ timeout: 10_000 })`.',
    },
  ]),
  ['node-fetch', { options: [1], keys: ['signal', 'timeout'], remedy: SIGNAL }],
  ['cross-fetch', { options: [1], keys: ['signal', 'timeout'], remedy: SIGNAL }],
  ['fetch', FETCH],
  ['undici.fetch', FETCH],
  ['undici.request', { ...FETCH, keys: ['signal', 'headersTimeout', 'bodyTimeout'] }],
  ...['got', ...['get', 'post', 'put', 'patch', 'delete', 'head', 'stream'].map((verb) => `got.${verb}`)].map(
    (name): [string, Waiter] => [name, GOT],
  ),
  ...['http', 'https'].flatMap((module) =>
    ['request', 'get'].map((name): [string, Waiter] => [
      `${module}.${name}`,
      {
        ...NODE,
        remedy: 'Pass `timeout` and destroy the request on its `timeout` event, or use `fetch` with a signal.',
      },
    ]),
  ),
  [
    'pg.Pool',
    {
      options: [0],
      keys: ['connectionTimeoutMillis'],
      isMild: true,
      waits: 'for a free connection without end',
      remedy: 'Give `connectionTimeoutMillis`, and `statement_timeout` for the queries.',
    },
  ],
])
/** `pTimeout(axios.get(…))`, `Promise.race([…])`, `withTimeout(…)`. */
const LIMITS_AROUND = /^(?:race|pTimeout|withTimeout|timeout|promiseTimeout|timeLimit|deadline)$/i

/** Calls that nothing limits. */
export function endlessTypeScriptCalls(context: RuleContext): EndlessCalls {
  const endless: EndlessCall[] = []
  const axiosDefault = setsAxiosDefault(context)
  const nestDefault = setsNestDefault(context)
  let examined = 0
  for (const call of libraryCalls(context, WAITERS.keys())) {
    const waiter = WAITERS.get(call.name)!
    if (call.name === 'pg.Pool' && !context.trees[call.module]!.has(call.node, Flag.NEW)) continue
    examined++
    if (waiter.client === 'axios' && axiosDefault) continue
    const makers = clientMakers(context, call)
    if (makers !== undefined && (makers.length === 0 || makers.some((maker) => isMadeWithLimit(context, maker))))
      continue
    if (waiter.client === 'nest' && nestDefault) continue
    if (isLimited(context, call, waiter) || isLimitedAround(context.trees[call.module]!, call)) continue
    endless.push({
      module: call.module,
      node: call.node,
      name: call.name.replace('.__call__', '').replace('axios.AxiosInstance', 'axios instance'),
      confidence: call.confidence === 'definite' ? 'definite' : 'probable',
      waits: waiter.waits ?? 'for ever',
      remedy: makers?.[0] === undefined ? waiter.remedy : whereMade(context, makers[0]),
      isMild: waiter.isMild === true,
    })
  }
  return { endless, examined }
}

/** The options say so, or cannot be read: what is not known is not told. */
function isLimited(context: RuleContext, call: LibraryCall, { options, keys }: Waiter): boolean {
  const tree = context.trees[call.module]!
  if (tree.childOf(call.node, Kind.Starred) >= 0) return true
  for (const place of options) {
    const node = positional(tree, call.node, place)
    if (node < 0 || isPlain(tree, node)) continue
    const literals = optionsAt(context, { module: call.module, node })
    // An address that is a variable stands in the first place of `axios(url)` and `got(url)`.
    if (literals === undefined) {
      if (place === 0 && options.length > 1) continue
      return true
    }
    if (literals.some((one) => saysAny(context, one, keys))) return true
  }
  return false
}

/** The literal has one of the keys, or is not all that there is. */
function saysAny({ trees }: RuleContext, { module, node }: Site, keys: readonly string[]): boolean {
  const tree = trees[module]!
  return hasSpread(tree, node) || keys.some((key) => entryOf(tree, node, key) >= 0)
}

const isPlain = (tree: SyntaxTree, node: number): boolean => {
  const kind = tree.kind(node)
  return kind === Kind.String || kind === Kind.FString || kind === Kind.Lambda || kind === Kind.None
}

function isLimitedAround(tree: SyntaxTree, { node, name }: LibraryCall): boolean {
  for (let at = tree.parent(node); at >= 0; at = tree.parent(at)) {
    const kind = tree.kind(at)
    if (kind === Kind.FunctionDef) break
    if (kind === Kind.Call && LIMITS_AROUND.test(calleeName(tree, at))) return true
  }
  // `const request = http.request(…); request.setTimeout(…)`, `superagent.get(…).timeout(…)`.
  if (!/^https?\./.test(name)) return false
  const fn = Math.max(tree.enclosingFunction(node), 0)
  for (let at = fn; at < tree.end(fn); at++) {
    if (tree.kind(at) === Kind.Attribute && tree.text(at) === 'setTimeout') return true
    if (tree.kind(at) === Kind.String && tree.value(at) >= 0 && tree.text(at) === 'timeout') return true
  }
  return false
}

/** `axios.defaults.timeout = …` anywhere in product code, or an interceptor that sets it. */
function setsAxiosDefault(context: RuleContext): boolean {
  return surveyOf(context).stores.some(({ module, node }) => {
    const tree = context.trees[module]!
    if (tree.kind(node) !== Kind.Attribute || tree.text(node) !== 'timeout') return false
    return /(?:^|\.)defaults\.timeout$/.test(tree.dotted(node)) && isProduct(context.program.modules[module]!)
  })
}

/** `HttpModule.register({ timeout })`. */
function setsNestDefault(context: RuleContext): boolean {
  return ['register', 'registerAsync'].some((name) =>
    surveyOf(context)
      .callsNamed(name)
      .some(({ module, node }) => {
        const tree = context.trees[module]!
        if (tree.dotted(node + 1) !== `HttpModule.${name}`) return false
        for (let at = node; at < tree.end(node); at++) {
          if (tree.kind(at) === Kind.String && tree.value(at) >= 0 && tree.text(at) === 'timeout') return true
        }
        return false
      }),
  )
}

/** Where an instance is made that a call is of: empty when nobody can see; undefined for a call of no instance. */
function clientMakers(context: RuleContext, call: LibraryCall): readonly Site[] | undefined {
  if (!call.name.startsWith('axios.AxiosInstance')) return undefined
  return makersOf(context, {
    module: call.module,
    node: call.name.endsWith('__call__') ? call.node + 1 : call.node + 2,
  })
}

function whereMade(context: RuleContext, maker: Site): string {
  const { path, line } = placeOf(context, maker)
  return `Give \`timeout\` in milliseconds once, where the client is made: \`${path}:${line}\`.`
}

function isMadeWithLimit(context: RuleContext, { module, node }: Site): boolean {
  const options = positional(context.trees[module]!, node, 0)
  if (options < 0) return false
  const literals = optionsAt(context, { module, node: options })
  return literals === undefined || literals.some((one) => saysAny(context, one, ['timeout']))
}

/** Steps from the use of an instance back to its making: a name, an attribute, a factory, a wrapper. */
const FAR = 6

/** Calls of `axios.create` that may have made an instance: through names, attributes, functions of the house and wrappers. */
function makersOf(context: RuleContext, site: Site, far = FAR): Site[] {
  const tree = context.trees[site.module]!
  const { module, node } = site
  if (far === 0) return []
  switch (tree.kind(node)) {
    case Kind.Await:
      return makersOf(context, { module, node: node + 1 }, far)
    case Kind.Call: {
      const targets = context.program.targetsOf(context.program.callAt(module, node))
      if (targets.some(({ external }) => external === 'axios.create')) return [site]
      const made = targets.flatMap(({ function: fn }) => (fn < 0 ? [] : resultsOf(context, fn)))
      if (made.length > 0) return made.flatMap((one) => makersOf(context, one, far - 1))
      // `rateLimit(axios.create(…))`: what wraps a client limits how often it asks, not how long.
      const given = tree.nextSibling(node + 1)
      return given < 0 ? [] : makersOf(context, { module, node: given }, far - 1)
    }
    case Kind.Name:
    case Kind.Attribute:
      return givenValues(context, site)
        .filter((value) => value.module !== module || value.node > node || tree.end(value.node) <= node)
        .flatMap((value) => makersOf(context, value, far - 1))
    default:
      return []
  }
}

/** The literals that options may be: written there, or by those who call the function whose parameter they are. */
function optionsAt(context: RuleContext, site: Site): readonly Site[] | undefined {
  const literals = literalsOf(context, site)
  if (literals !== undefined) return literals
  const given = argumentsFor(context, site)
  if (given === undefined) return undefined
  const all: Site[] = []
  for (const one of given) {
    const found = literalsOf(context, one)
    if (found === undefined) return undefined
    all.push(...found)
  }
  return all
}
