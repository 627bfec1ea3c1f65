// Whether an arrow between two modules is one that the importing module has declared.
import type { BoundaryModule } from './boundary-model.ts'

/** Whether the importing module has said which modules of the other's kind it needs. */
export function saysItsNeeds(from: BoundaryModule, to: BoundaryModule): boolean {
  // Needs name modules of their own kind: a module of an application does not list the packages beside it.
  return from.needs !== undefined && from.origin === to.origin
}

/** Whether a need is there, under the module's name, its package's or, in the configuration, its folder's. */
export function isDeclaredNeed({ needs }: BoundaryModule, { name, folder, origin, face }: BoundaryModule): boolean {
  if (needs === undefined || needs.includes(name) || needs.includes(face.package)) return true
  return origin === 'settings' && needs.includes(folder.slice(folder.lastIndexOf('/') + 1))
}
