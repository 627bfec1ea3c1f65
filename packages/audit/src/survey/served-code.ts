// Code that runs while the product serves: in a server, a worker or a scheduler, not in commands, front ends and tests.
import type { ModuleId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { commandLineModules } from './command-line.ts'
import { servedModules } from './served-modules.ts'
import { mayServe, serverModules } from './server-code.ts'
import { isProduct } from './whereabouts.ts'

const known = new WeakMap<Program, ReadonlySet<ModuleId>>()

/** Product modules that serve, in either language; a module of a command is among them when it has entries of a server too. */
export function servedCode(context: RuleContext): ReadonlySet<ModuleId> {
  let served = known.get(context.program)
  if (served === undefined) {
    served = context.language === 'typescript' ? servedTypeScript(context) : servedPython(context)
    known.set(context.program, served)
  }
  return served
}

function servedPython(context: RuleContext): ReadonlySet<ModuleId> {
  const { program } = context
  const commands = commandLineModules(context)
  const entered = new Set<ModuleId>()
  for (const entry of program.entries) {
    if (entry.kind !== 'command') entered.add(program.functionInfo(entry.function).module)
  }
  const served = [...servedModules(context)].filter(
    (module) => isProduct(program.modules[module]!) && (entered.has(module) || !commands.has(module)),
  )
  return new Set(served.sort((a, b) => a - b))
}

/** Libraries of processes that work without requests: what loads them is a worker. */
const WORKERS =
  /^(?:@temporalio\/worker|@temporalio\/activity|bullmq|bull|bee-queue|pg-boss|graphile-worker|agenda|@hokify\/agenda|kafkajs|amqplib|amqp-connection-manager|node-cron|cron|croner|node-schedule|@trigger\.dev\/sdk|inngest)$/

/** What servers load, and what workers load. */
function servedTypeScript(context: RuleContext): ReadonlySet<ModuleId> {
  const { program } = context
  const served = new Set(serverModules(context))
  const queue: ModuleId[] = []
  const add = (module: ModuleId): void => {
    if (served.has(module) || !mayServe(context, module)) return
    served.add(module)
    queue.push(module)
  }
  for (const module of program.modules) {
    if ([...program.imports.externalsOf(module.id).keys()].some((name) => WORKERS.test(name))) add(module.id)
  }
  for (let head = 0; head < queue.length; head++) {
    for (const edge of program.imports.importsOf(queue[head]!)) if (edge.tier !== 'type-only') add(edge.to)
  }
  return new Set([...served].sort((a, b) => a - b))
}
