// call-without-timeout in TypeScript: axios, got, node-fetch and http wait for ever unless told otherwise, fetch for minutes.
import { Flag, Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext } from '../../rule/rule.ts'
import { calleeName, positional } from '../../survey/expressions.ts'
import { type LibraryCall, libraryCalls } from '../../survey/library-calls.ts'
import { entryOf, hasSpread } from '../../survey/object-literal.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { givenValue, literalsOf } from '../../survey/what-it-is.ts'
import { isProduct } from '../../survey/whereabouts.ts'
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
    if (waiter.client === 'axios' && (axiosDefault || clientHasLimit(context, call))) continue
    if (waiter.client === 'nest' && nestDefault) continue
    if (isLimited(context, call, waiter) || isLimitedAround(context.trees[call.module]!, call)) continue
    endless.push({
      module: call.module,
      node: call.node,
      name: call.name.replace('.__call__', '').replace('axios.AxiosInstance', 'axios instance'),
      confidence: call.confidence === 'definite' ? 'definite' : 'probable',
      waits: waiter.waits ?? 'for ever',
      remedy: waiter.remedy,
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
    const literals = literalsOf(context, { module: call.module, node })
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

/** The instance is made by `axios.create({ timeout })`, or where nobody can see how. */
function clientHasLimit(context: RuleContext, call: LibraryCall): boolean {
  if (!call.name.startsWith('axios.AxiosInstance')) return false
  const receiver = call.name.endsWith('__call__') ? call.node + 1 : call.node + 2
  const made = givenValue(context, { module: call.module, node: receiver })
  if (made === undefined || context.trees[made.module]!.kind(made.node) !== Kind.Call) return true
  const options = positional(context.trees[made.module]!, made.node, 0)
  if (options < 0) return false
  const literals = literalsOf(context, { module: made.module, node: options })
  return literals === undefined || literals.some((one) => saysAny(context, one, ['timeout']))
}
