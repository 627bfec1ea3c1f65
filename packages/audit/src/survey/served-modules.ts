// Which modules are part of the running service: those that its entry points' modules import, directly or not.
import type { ModuleId } from '../graph/contract.ts'
import type { RuleContext } from '../rule/rule.ts'
import { isProduct } from './whereabouts.ts'

/** Modules with entry points of product code and everything they import at run time; tools beside the service are not among them. */
export function servedModules({ program }: RuleContext): ReadonlySet<ModuleId> {
  const served = new Set<ModuleId>()
  const queue: ModuleId[] = []
  const add = (module: ModuleId): void => {
    if (served.has(module)) return
    served.add(module)
    queue.push(module)
  }
  for (const entry of program.entries) {
    const module = program.functionInfo(entry.function).module
    if (entry.kind !== 'command' && isProduct(program.modules[module]!)) add(module)
  }
  for (let head = 0; head < queue.length; head++) {
    for (const edge of program.imports.importsOf(queue[head]!)) if (edge.tier !== 'type-only') add(edge.to)
  }
  // A package whose modules are loaded by names in settings (query runners, back ends) is served as a whole.
  const packages = new Set([...served].map((module) => program.modules[module]!.domain).filter((domain) => domain >= 0))
  for (const module of program.modules) if (packages.has(module.domain)) served.add(module.id)
  return served
}
