// Code that runs while the product serves: in a server, a worker or a scheduler, not in commands, front ends and tests.
import type { ModuleId, Program } from '../graph/contract.ts'
import type { RuleContext } from '../rules/rule.ts'
import { commandLineModules } from './command-line.ts'
import { servedModules } from './served-modules.ts'
import { serverModules } from './server-code.ts'
import { isProduct } from './whereabouts.ts'

const known = new WeakMap<Program, ReadonlySet<ModuleId>>()

/** Product modules that serve, in either language; a module of a command is among them when it has entries of a server too. */
export function servedCode(context: RuleContext): ReadonlySet<ModuleId> {
  let served = known.get(context.program)
  if (served === undefined) {
    served = context.language === 'typescript' ? serverModules(context) : servedPython(context)
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
