// Puts modules in an order in which each comes after those that it needs.
import { dataError } from '../../data/contract/errors.ts'

/** A module and the modules that it needs. */
export interface Needing {
  readonly module: string
  readonly needs: readonly string[]
}

/**
 * Sorts so that needs come first; modules that do not need each other keep the order of their names, so that the result
 * does not depend on the order given. Needs that are not in the list are taken as met.
 * @throws `migration-cycle`
 */
export function orderByNeeds<Module extends Needing>(modules: readonly Module[]): readonly Module[] {
  const byName = new Map(modules.map((module) => [module.module, module]))
  const ordered = new Set<Module>()
  const visit = (module: Module, path: readonly string[]): void => {
    if (ordered.has(module)) return
    if (path.includes(module.module)) {
      const cycle = [...path.slice(path.indexOf(module.module)), module.module].join(' → ')
      throw dataError('migration-cycle', { cycle })
    }
    for (const need of module.needs.toSorted()) {
      const needed = byName.get(need)
      if (needed !== undefined) visit(needed, [...path, module.module])
    }
    ordered.add(module)
  }
  for (const name of [...byName.keys()].toSorted()) {
    const module = byName.get(name)
    if (module !== undefined) visit(module, [])
  }
  return [...ordered]
}
