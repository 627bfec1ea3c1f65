// Entry points by decorators: NestJS controllers, resolvers, gateways, processors, guards, and routing-controllers.
import { Flag, Kind } from '../../../facts/contract.ts'
import type { EntryKind, FunctionId } from '../../contract.ts'
import { lastName } from '../../inference/last-name.ts'
import { ScopeKind } from '../../source-index.ts'
import type { EntryCollector } from '../entry-collector.ts'

const METHODS = new Map<string, EntryKind>([
  ...'Get Post Put Patch Delete All Options Head Sse Search Query Mutation ResolveField ResolveProperty Subscription GrpcMethod GrpcStreamMethod'
    .split(' ')
    .map((name) => [name, 'route'] as const),
  ['SubscribeMessage', 'websocket'],
  ['MessagePattern', 'task'],
  ['EventPattern', 'task'],
  ['Process', 'task'],
  ['OnEvent', 'task'],
  ['OnQueueEvent', 'task'],
  ['OnWorkerEvent', 'task'],
  ['RabbitSubscribe', 'task'],
  ['RabbitRPC', 'task'],
  ['Cron', 'scheduled'],
  ['Interval', 'scheduled'],
  ['Timeout', 'scheduled'],
])
/** Methods that a class with a decorator, or with a role, offers to the framework. */
const CLASS_METHODS = new Map<string, readonly [string, EntryKind]>([
  ['Processor', ['process', 'task']],
  ['WorkerHost', ['process', 'task']],
  ['CommandHandler', ['execute', 'task']],
  ['QueryHandler', ['execute', 'task']],
  ['EventsHandler', ['handle', 'task']],
  ['NestMiddleware', ['use', 'middleware']],
  ['CanActivate', ['canActivate', 'middleware']],
  ['NestInterceptor', ['intercept', 'middleware']],
  ['PipeTransform', ['transform', 'middleware']],
  ['ExceptionFilter', ['catch', 'exception-handler']],
  ['OnModuleInit', ['onModuleInit', 'startup']],
  ['OnApplicationBootstrap', ['onApplicationBootstrap', 'startup']],
])
/** Names above that plain words may be; they count in a class that is decorated for it. */
const VERBS = /^(?:Get|Post|Put|Patch|Delete|All|Options|Head|Sse|Search|Query|Mutation|Subscription|Process)$/
/** What GraphQL calls by a name, not by a path. */
const GRAPHQL = /^(?:Query|Mutation|Subscription|ResolveField|ResolveProperty)$/
/** What people call an entry that is no route. */
const WORDS: Readonly<Record<string, string>> = {
  SubscribeMessage: 'message',
  MessagePattern: 'message',
  EventPattern: 'event',
  OnEvent: 'event',
  Process: 'job',
  OnQueueEvent: 'queue event',
  OnWorkerEvent: 'worker event',
  RabbitSubscribe: 'message',
  RabbitRPC: 'message',
}
const HOLDERS = /^(?:Controller|JsonController|RestController|Resolver|Route|Processor|Consumer|WebSocketGateway)$/

/** Finds methods that decorators hand to a framework. */
export function findNestEntries(collector: EntryCollector): void {
  const { index } = collector.inference
  for (let scope = 0; scope < index.scopeCount; scope++) {
    if (index.scopeKind[scope] === ScopeKind.Class) ofClass(collector, scope)
  }
}

function ofClass(collector: EntryCollector, scope: number): void {
  const { inference } = collector
  const { index } = inference
  const module = index.scopeModule[scope]!
  const tree = index.trees[module]!
  const definition = index.scopeNode[scope]!
  if (tree.has(definition, Flag.INTERFACE)) return
  let isHolder = false
  let prefix = ''
  for (let at = tree.firstChild(definition); at >= 0 && tree.kind(at) !== Kind.Body; at = tree.nextSibling(at)) {
    const inner = tree.kind(at) === Kind.Decorator ? at + 1 : at
    const name = lastName(tree, inner)
    const offered = CLASS_METHODS.get(name)
    if (offered !== undefined) {
      const method = collector.method(scope, offered[0])
      if (method >= 0)
        collector.add(offered[1], 'nest', method, labelOf(collector, method, offered[0]), module, definition)
    }
    if (tree.kind(at) !== Kind.Decorator || !HOLDERS.test(name)) continue
    isHolder = true
    if (tree.kind(inner) === Kind.Call) prefix = collector.textArgument(tree, module, inner, 0, '')
  }
  const body = tree.childOf(definition, Kind.Body)
  for (let at = tree.firstChild(body); at >= 0; at = tree.nextSibling(at)) {
    if (tree.kind(at) !== Kind.FunctionDef) continue
    for (let one = tree.firstChild(at); one >= 0 && tree.kind(one) === Kind.Decorator; one = tree.nextSibling(one)) {
      const name = lastName(tree, one + 1)
      const kind = METHODS.get(name)
      if (kind === undefined || (!isHolder && VERBS.test(name))) continue
      const path = tree.kind(one + 1) === Kind.Call ? collector.textArgument(tree, module, one + 1, 0, '') : ''
      const label = GRAPHQL.test(name)
        ? `${name.toLowerCase()} ${path || tree.text(at)}`
        : kind === 'route'
          ? `${name.toUpperCase()} ${joined(prefix, path)}`
          : `${WORDS[name] ?? name} ${path || tree.text(at)}`
      collector.add(kind, 'nest', inference.names.scopeAt(module, at), label, module, one)
    }
  }
}

const joined = (prefix: string, path: string): string =>
  `/${[prefix, path].join('/')}`.replace(/\/+/g, '/').replace(/(.)\/$/, '$1')

function labelOf(collector: EntryCollector, method: FunctionId, name: string): string {
  const { index } = collector.inference
  const owner = index.scopeParent[method]!
  return `${index.trees[index.scopeModule[owner]!]!.text(index.scopeNode[owner]!)}.${name}`
}
