// unstructured-log in TypeScript: messages with values cut into the text, no fields beside them, and no request id.
import { Kind } from '../../facts/contract.ts'
import type { SyntaxTree } from '../../facts/tree.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { mentionedIn } from '../../survey/application.ts'
import { positional, receiverOf } from '../../survey/expressions.ts'
import { type Site, surveyOf } from '../../survey/survey.ts'
import { isForPeople, packageInUse, type Server, serversOf } from '../../survey/typescript-servers.ts'
import { isProduct, placeOf } from '../../survey/whereabouts.ts'

const LEVELS = ['trace', 'debug', 'verbose', 'log', 'info', 'warn', 'error', 'fatal']
const LOGGER = /^(?:console|log|\w*logger|logging)$/i
/** Fewer say nothing about a habit. */
const LEAST_CALLS = 20
/** Share of the calls with values that put them into the text. */
const SHARE = 0.6
/** What puts a request id or a trace id on each line by itself. */
const REQUEST_ID_LIBRARIES = [
  'nestjs-pino',
  'pino-http',
  'fastify',
  '@nestjs/platform-fastify',
  'nestjs-cls',
  'cls-rtracer',
  'express-request-id',
  'express-correlation-id',
  'correlation-id',
  'koa-requestid',
  'hono-pino',
  '@opentelemetry/instrumentation-pino',
  '@opentelemetry/instrumentation-winston',
  '@opentelemetry/instrumentation-bunyan',
  '@opentelemetry/auto-instrumentations-node',
  'dd-trace',
  'newrelic',
  'elastic-apm-node',
  '@footing/core',
]
const REQUEST_IDS = [
  'requestId',
  'request_id',
  'reqId',
  'correlationId',
  'correlation_id',
  'traceId',
  'trace_id',
  'x-request-id',
  'X-Request-ID',
  'X-Request-Id',
  'x-correlation-id',
]

interface Talk {
  readonly server: Server
  prose: Site[]
  fields: number
  plain: number
}

/** Servers whose log calls are prose. */
export function typescript(context: RuleContext): RuleResult {
  const talks = talksOf(context)
  const count = talks.reduce((sum, { prose, fields, plain }) => sum + prose.length + fields + plain, 0)
  const examined = { count, of: 'log calls' }
  const loud = talks.filter(
    ({ server, prose, fields, plain }) =>
      prose.length + fields + plain >= LEAST_CALLS &&
      prose.length / Math.max(1, prose.length + fields) >= SHARE &&
      packageInUse(server, REQUEST_ID_LIBRARIES) === '',
  )
  if (loud.length === 0 || mentionedIn(context, REQUEST_IDS) !== '') return { detections: [], examined }
  const detections = loud.map(({ server, prose, fields, plain }) => ({
    place: server.start ?? placeOf(context, prose[0]!),
    subject: server.folder === '' ? 'logging' : server.folder,
    evidence: 'values in the text, no request id',
    message: {
      what: `${prose.length} of ${prose.length + fields + plain} log calls ${server.folder === '' ? '' : `in \`${server.folder}\` `}put values into the text, and no line has a request id.`,
      why: 'Nobody can filter by user or order, equal messages are not counted as equal, and the lines of one request cannot be told from those beside them.',
      do: "Give values as fields (`logger.info({ orderId }, 'order placed')` with pino) and bind a request id in a middleware, once.",
    },
    confidence: 'probable' as const,
    related: prose.slice(0, 8).map((site) => ({ ...placeOf(context, site), label: 'values in the text' })),
  }))
  return { detections, examined }
}

function talksOf(context: RuleContext): readonly Talk[] {
  const talks = serversOf(context).map((server): Talk => ({ server, prose: [], fields: 0, plain: 0 }))
  if (talks.length === 0) return talks
  for (const level of LEVELS) {
    for (const site of surveyOf(context).callsNamed(level)) {
      const module = context.program.modules[site.module]!
      const tree = context.trees[site.module]!
      const receiver = receiverOf(tree, site.node)
      if (receiver < 0 || !isLogger(tree, receiver) || !isProduct(module) || isForPeople(context, module)) continue
      const talk = nearest(talks, module.path)
      if (talk === undefined) continue
      const kind = kindOf(tree, site.node)
      if (kind === 'prose') talk.prose.push(site)
      else if (kind === 'fields') talk.fields++
      else talk.plain++
    }
  }
  return talks
}

function nearest(talks: readonly Talk[], path: string): Talk | undefined {
  let best: Talk | undefined
  for (const talk of talks) {
    const { folder } = talk.server
    if (folder !== '' && !path.startsWith(`${folder}/`)) continue
    if (best === undefined || folder.length > best.server.folder.length) best = talk
  }
  return best
}

function isLogger(tree: SyntaxTree, node: number): boolean {
  const kind = tree.kind(node)
  return (kind === Kind.Name || kind === Kind.Attribute) && LOGGER.test(tree.text(node))
}

/** `prose`: values in the text and none beside it; `fields`: an object; `plain`: words only, or something unknown. */
function kindOf(tree: SyntaxTree, call: number): 'prose' | 'fields' | 'plain' {
  let isProse = false
  for (let index = 0; index < 4; index++) {
    const at = positional(tree, call, index)
    if (at < 0) break
    const kind = tree.kind(at)
    if (kind === Kind.Dict) return 'fields'
    if (kind === Kind.BinOp) isProse = true
    if (kind === Kind.FString && tree.childOf(at, Kind.Interpolation) >= 0) isProse = true
  }
  return isProse ? 'prose' : 'plain'
}
