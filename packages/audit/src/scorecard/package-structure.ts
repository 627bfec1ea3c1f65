// The arrows between domain packages as numbers, for the structure matrix.
import type { Module, Program } from '../graph/contract.ts'

/** Domain packages and the arrows between them: how many import statements go from one to the other. */
export interface PackageStructure {
  readonly packages: readonly string[]
  readonly arrows: readonly { readonly from: number; readonly to: number; readonly imports: number }[]
}

/** Packages by name and how many imports go from one to another, imports for the type checker left out. */
export function packageStructure(program: Program): PackageStructure {
  const arrows = new Map<string, { from: number; to: number; imports: number }>()
  for (const edge of program.imports.edges) {
    const from = program.modules[edge.from]
    const to = program.modules[edge.to]
    if (edge.tier === 'type-only' || from === undefined || to === undefined) continue
    if (!serves(from.role) || !serves(to.role)) continue
    if (from.domain < 0 || to.domain < 0 || from.domain === to.domain) continue
    const key = `${from.domain}>${to.domain}`
    const arrow = arrows.get(key)
    if (arrow === undefined) arrows.set(key, { from: from.domain, to: to.domain, imports: 1 })
    else arrow.imports++
  }
  return {
    packages: program.packages.map((domain) => domain.name),
    arrows: [...arrows.values()].sort((a, b) => a.from - b.from || a.to - b.to),
  }
}

/** Front ends, command lines and tests are no part of the picture of what serves. */
const serves = (role: Module['role']): boolean => role === 'code' || role === 'configuration'
