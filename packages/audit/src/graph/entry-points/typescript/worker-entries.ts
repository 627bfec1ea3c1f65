// Functions that queues, schedulers and sockets call: BullMQ, Bull, pg-boss, Kafka, AMQP, cron, Socket.IO, tRPC.
import { Kind } from '../../../facts/contract.ts'
import type { EntryKind } from '../../contract.ts'
import { TypeKind } from '../../inference/type-table.ts'
import type { EntryCollector } from '../entry-collector.ts'
import { functionsBelow, handlersIn } from './handlers.ts'

/** Methods by the library whose object they are called on. */
const METHODS = new Map<string, readonly [RegExp, EntryKind]>(
  Object.entries({
    process: [/^(?:bull|bee-queue|kue)(?:\.|$)/, 'task'],
    work: [/^pg-boss/, 'task'],
    define: [/^(?:agenda|@hokify\/agenda)/, 'task'],
    consume: [/^(?:amqplib|amqp-connection-manager)/, 'task'],
    run: [/^kafkajs/, 'task'],
    schedule: [/^(?:node-cron|node-schedule|croner)/, 'scheduled'],
    scheduleJob: [/^node-schedule/, 'scheduled'],
    on: [/^(?:socket\.io|ws|@fastify\/websocket)/, 'websocket'],
  } as const),
)
const MADE = new Map<string, readonly [RegExp, EntryKind, string]>(
  Object.entries({
    Worker: [/^bullmq\.Worker$/, 'task', 'worker'],
    CronJob: [/^cron\.CronJob$/, 'scheduled', 'cron'],
    Cron: [/^croner\.Cron$/, 'scheduled', 'cron'],
  } as const),
)
const PROCEDURES = new Set(['query', 'mutation', 'subscription'])

/** Finds functions that run without a request. */
export function findWorkerEntries(collector: EntryCollector): void {
  const { index } = collector.inference
  for (let call = 0; call < index.callNode.length; call++) {
    const module = index.scopeModule[index.callScope[call]!]!
    const tree = index.trees[module]!
    const node = index.callNode[call]!
    const kind = tree.kind(node + 1)
    if (kind !== Kind.Name && kind !== Kind.Attribute) continue
    const name = tree.text(node + 1)
    const made = MADE.get(name)
    if (made !== undefined) {
      if (!namesOf(collector, module, node + 1).some((one) => made[0].test(one))) continue
      add(collector, made[1], module, node, `${made[2]} ${collector.textArgument(tree, module, node, 0, '')}`.trim())
      continue
    }
    if (kind !== Kind.Attribute) continue
    if (PROCEDURES.has(name)) procedure(collector, module, node, name)
    const method = METHODS.get(name)
    if (method === undefined || !namesOf(collector, module, node + 2).some((one) => method[0].test(one))) continue
    const word = WORDS[name] ?? name
    add(collector, method[1], module, node, `${word} ${collector.textArgument(tree, module, node, 0, '')}`.trim())
  }
}

/** What people call what is registered: `job send-mail`, not `define send-mail`. */
const WORDS: Readonly<Record<string, string>> = {
  process: 'job',
  work: 'job',
  define: 'job',
  consume: 'queue',
  run: 'consumer',
  scheduleJob: 'schedule',
  on: 'socket',
}

/** tRPC: `publicProcedure.input(…).query(async () => …)`. */
function procedure(collector: EntryCollector, module: number, node: number, name: string): void {
  const tree = collector.inference.index.trees[module]!
  let at = node + 2
  while (tree.kind(at) === Kind.Call || tree.kind(at) === Kind.Attribute) {
    if (tree.kind(at) === Kind.Attribute && /procedure$/i.test(tree.text(at))) break
    at++
  }
  const isProcedure =
    (tree.kind(at) === Kind.Name || tree.kind(at) === Kind.Attribute) && /procedure$/i.test(tree.text(at))
  if (isProcedure) add(collector, 'route', module, node, `${name} ${keyOf(collector, module, node)}`)
}

/** The key that a procedure stands under in its router. */
function keyOf(collector: EntryCollector, module: number, node: number): string {
  const tree = collector.inference.index.trees[module]!
  const parent = tree.parent(node)
  if (tree.kind(parent) !== Kind.Dict) return 'procedure'
  let key = -1
  for (let at = tree.firstChild(parent); at >= 0 && at !== node; at = tree.nextSibling(at)) key = at
  return key >= 0 && tree.kind(key) === Kind.String && tree.value(key) >= 0 ? tree.text(key) : 'procedure'
}

function add(collector: EntryCollector, kind: EntryKind, module: number, node: number, label: string): void {
  const tree = collector.inference.index.trees[module]!
  for (let at = tree.nextSibling(node + 1); at >= 0; at = tree.nextSibling(at)) {
    const found =
      tree.kind(at) === Kind.Dict ? functionsBelow(collector, module, at) : handlersIn(collector, module, at)
    for (const fn of found) collector.add(kind, 'node', fn, label, module, node)
  }
}

function namesOf(collector: EntryCollector, module: number, node: number): readonly string[] {
  const { table } = collector.inference
  const type = collector.inference.typeOf(module, node)
  const made = table
    .members(type)
    .flatMap((one) => (table.kind[one] === TypeKind.OutsideMethod ? [table.outsideName(table.a[one]!)] : []))
  return [...collector.kindsOf(type), ...made]
}
