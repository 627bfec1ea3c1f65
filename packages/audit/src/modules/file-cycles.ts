// Circles of files that no circle of modules tells already.
import type { ImportCycle, ImportEdge, Module } from '../graph/contract.ts'
import { findCycles, usualPrice } from '../graph/imports/import-cycles.ts'
import type { RuleContext } from '../rule/rule.ts'
import { isProduct } from '../survey/whereabouts.ts'
import { crossing } from './boundary-model.ts'
import { boundaryModel } from './find-modules.ts'
import { crossingsOf } from './module-arrows.ts'
import { moduleCircles } from './module-circles.ts'

/**
 * Circles over imports that run when a file is loaded, among files of the product. Arrows between two modules of one
 * circle are left out: whoever cuts the circle of the modules has cut these.
 */
export function fileCycles(context: RuleContext): ImportCycle[] {
  const { program } = context
  const model = boundaryModel(context)
  const circleOf = new Map<number, number>()
  for (const [number, { members }] of moduleCircles(model.modules, crossingsOf(context).arrows).entries()) {
    for (const { id } of members) circleOf.set(id, number)
  }
  const edges = program.imports.edges.filter(({ from, to }) => {
    if (!isProduct(program.modules[from]!) || !isProduct(program.modules[to]!)) return false
    const sides = circleOf.size === 0 ? undefined : crossing(model, from, to)
    if (sides?.from === undefined) return true
    const circle = circleOf.get(sides.from.id)
    return circle === undefined || circle !== circleOf.get(sides.to.id)
  })
  return findCycles(
    edges,
    program.modules.map(({ path }) => path),
    'runtime',
    (edge) => priceOf(edge, program.modules),
  )
}

/** An import through an index is cut by naming the file behind it; what an index exports is a promise to others. */
function priceOf(edge: ImportEdge, files: readonly Module[]): number {
  if (isThroughOwnIndex(edge, files)) return 0.3
  return edge.kind === 're-export' ? 5 + edge.names.length : usualPrice(edge)
}

/** Whether a file imports the index of a folder that it lies in itself, which may export it as well. */
export function isThroughOwnIndex({ from, to }: ImportEdge, files: readonly Module[]): boolean {
  const target = files[to]
  const folder = target?.path.slice(0, Math.max(0, target.path.lastIndexOf('/') + 1)) ?? ''
  return target?.isPackage === true && files[from]?.path.startsWith(folder) === true
}
