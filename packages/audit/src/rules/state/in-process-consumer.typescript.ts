// in-process-consumer in TypeScript: workers of BullMQ, Agenda, pg-boss, Kafka and AMQP that the web process starts too.

import type { Detection } from '../../detection/detection.ts'
import { counted, listed } from '../../detection/words.ts'
import type { EntryKind, FunctionId, ModuleId } from '../../graph/contract.ts'
import type { RuleContext, RuleResult } from '../../rule/rule.ts'
import { addTo } from '../../survey/grouping.ts'
import { libraryCalls } from '../../survey/library-calls.ts'
import type { Site } from '../../survey/survey.ts'
import { bodyOf, isProduct, placeOf, WEB } from '../../survey/whereabouts.ts'

/** What starts to work off jobs, and what people call it. */
const CONSUMERS = new Map<string, string>([
  ['bullmq.Worker', 'a BullMQ worker'],
  ['agenda.Agenda.start', 'Agenda'],
  ['pg-boss.PgBoss.work', 'pg-boss'],
  ['kafkajs.Consumer.run', 'a Kafka consumer'],
  ['amqplib.Channel.consume', 'an AMQP consumer'],
  ['bull.Queue.process', 'a Bull queue'],
])
const STARTS: readonly EntryKind[] = [...WEB, 'startup']
const LEADER =
  /leader|redlock|is_?primary|is_?master|node_app_instance|(?:run|enable|start|is)_?(?:the_?)?(?:worker|job|queue|consumer|cron)s?|(?:worker|job|queue|consumer|cron)s?_?(?:enabled|only|mode)/i

interface Consumer extends Site {
  readonly what: string
}

/** One finding for each file whose workers a web server loads. */
export function typescript(context: RuleContext): RuleResult {
  const { program } = context
  const consumers = libraryCalls(context, CONSUMERS.keys()).map(
    (call): Consumer => ({ module: call.module, node: call.node, what: CONSUMERS.get(call.name)! }),
  )
  const byModule = new Map<ModuleId, Consumer[]>()
  const web = modulesOfServers(context)
  for (const consumer of consumers)
    if (isProduct(program.modules[consumer.module]!) && web.has(consumer.module) && isStarted(context, consumer, web))
      addTo(byModule, consumer.module, consumer)
  return {
    detections: [...byModule].map(([module, found]) => detection(context, module, found)),
    examined: { count: consumers.length, of: 'consumers' },
  }
}

/** Calls from the start of a file down to the consumer, at most. */
const DEEP = 8

/** A file that the server loads runs the place when it is loaded, or a request or start-up leads there. */
function isStarted(context: RuleContext, consumer: Consumer, web: ReadonlySet<ModuleId>): boolean {
  const { program } = context
  const body = bodyOf(context, consumer)
  if (program.reach.isReachable(body, STARTS)) return true
  const seen = new Set<FunctionId>([body])
  let level: FunctionId[] = [body]
  for (let depth = 0; depth < DEEP && level.length > 0; depth++) {
    const above: FunctionId[] = []
    for (const fn of level) {
      const info = program.functionInfo(fn)
      if (info.kind === 'module') return web.has(info.module)
      for (const call of program.callersOf(fn)) {
        const { caller } = program.callInfo(call)
        if (seen.has(caller)) continue
        seen.add(caller)
        above.push(caller)
      }
    }
    level = above
  }
  return false
}

/** What the files that open a port load: `app.listen(…)`, `NestFactory.create(…)`. */
function modulesOfServers(context: RuleContext): ReadonlySet<ModuleId> {
  const { program } = context
  const loaded = new Set<ModuleId>()
  const queue: ModuleId[] = []
  const add = (module: ModuleId): void => {
    if (loaded.has(module)) return
    loaded.add(module)
    queue.push(module)
  }
  for (const entry of program.entries) {
    const module = program.modules.find(({ path }) => path === entry.place.path)
    if (entry.kind === 'route' && module !== undefined && isProduct(module) && !HEALTH.test(entry.label)) add(module.id)
  }
  // From the files with routes up to the file that starts the server, and down again to all that it loads.
  const starts = new Set<ModuleId>()
  for (let head = 0; head < queue.length && head < 5000; head++) {
    const importers = program.imports
      .importersOf(queue[head]!)
      .filter(({ tier, from }) => tier !== 'type-only' && isProduct(program.modules[from]!))
    if (importers.length === 0) starts.add(queue[head]!)
    for (const { from } of importers) add(from)
  }
  const reached = new Set<ModuleId>(starts)
  const down = [...starts]
  for (let head = 0; head < down.length; head++) {
    for (const edge of program.imports.importsOf(down[head]!)) {
      if (edge.tier === 'type-only' || reached.has(edge.to)) continue
      reached.add(edge.to)
      down.push(edge.to)
    }
  }
  return reached
}

const HEALTH = /health|ready|live|metrics|ping|status/i

function isLed({ trees, program }: RuleContext, module: ModuleId): boolean {
  const near = [module, ...program.imports.importersOf(module).map(({ from }) => from)]
  return near.some((one) => {
    const tree = trees[one]!
    for (const name of tree.names) {
      const text = tree.strings.text(name)
      if (text.length < 60 && LEADER.test(text.replace(/([a-z0-9])([A-Z])/g, '$1_$2'))) return true
    }
    return false
  })
}

function detection(context: RuleContext, module: ModuleId, consumers: readonly Consumer[]): Detection {
  const first = consumers[0]!
  const led = isLed(context, module)
  const { name, path } = context.program.modules[module]!
  return {
    place: placeOf(context, first),
    subject: name,
    evidence: `${first.what} in the web process`,
    message: {
      what: `${listed([...new Set(consumers.map(({ what }) => what))])} ${consumers.length === 1 ? 'runs' : `(${counted(consumers.length, 'place')}) run`} inside the process that answers requests.`,
      why: led
        ? 'A setting seems to leave the work to some processes; where it is on, jobs take the event loop from requests and stop with each deployment.'
        : 'Jobs take the event loop from requests, grow and shrink with the web servers, and are cut off by each deployment.',
      do: 'Start the workers from an entry point of their own (the same image with another command).',
    },
    confidence: 'probable',
    severity: led ? 'low' : 'medium',
    related: consumers.slice(1, 11).map((one) => ({ ...placeOf(context, one), label: one.what })),
    fixSite: { path, line: 1, name },
  }
}
