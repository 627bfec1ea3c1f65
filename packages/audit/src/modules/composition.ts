// Tells composition from sharing: the file that puts modules together knows their insides, a file that modules use may not.
import type { ModuleId, Program } from '../graph/contract.ts'
import type { BoundaryModel } from './boundary-model.ts'

const known = new WeakMap<Program, ReadonlySet<ModuleId>>()

/** Files outside of every module, or in its parent, that the files of some module reach at run time: shared code. */
export function sharedFiles(program: Program, model: BoundaryModel): ReadonlySet<ModuleId> {
  const found = known.get(program)
  if (found !== undefined) return found
  const seen = new Set<ModuleId>()
  const queue = program.modules.filter(({ id, role }) => role === 'code' && isOfDomain(model, id)).map(({ id }) => id)
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const { target, typeOnly } of program.imports.statementsOf(file)) {
      if (target.to !== 'module' || typeOnly || seen.has(target.module)) continue
      seen.add(target.module)
      queue.push(target.module)
    }
  }
  const shared = new Set([...seen].filter((file) => !isOfDomain(model, file)))
  known.set(program, shared)
  return shared
}

/** Whether a file lies in a module other than a workspace package, which may be a whole application. */
function isOfDomain(model: BoundaryModel, file: ModuleId): boolean {
  const module = model.modules[model.of[file] ?? -1]
  return module !== undefined && module.origin !== 'workspace'
}
