// Modules in which a request or a job begins: what a folder's name says of them is confirmed.
import type { ModuleId } from '../../graph/contract.ts'
import type { RuleContext } from '../../rule/rule.ts'

/** Modules that hold a function which a route, a socket, a task or a schedule calls. */
export function enteredModules({ program }: RuleContext): ReadonlySet<ModuleId> {
  return new Set(program.entries.map((entry) => program.functionInfo(entry.function).module))
}
