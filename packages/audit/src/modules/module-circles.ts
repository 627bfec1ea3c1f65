// Circles of modules, the arrows to cut, and for each cut the shortest circle that it opens.
import { groupByOwner } from '../graph/int-list.ts'
import { strongComponents } from '../graph/strong-components.ts'
import type { BoundaryId, BoundaryModule } from './boundary-model.ts'
import { cheapestCut } from './cheapest-cut.ts'
import { isDeclaredNeed, saysItsNeeds } from './declared-need.ts'
import type { ModuleArrow } from './module-arrows.ts'

/** Modules that need each other in a circle. */
export interface ModuleCircle {
  /** By name. */
  readonly members: readonly BoundaryModule[]
  /** Arrows whose removal opens every circle among the members, the cheapest first. */
  readonly cuts: readonly ModuleCut[]
  /** Whether no cheaper set of arrows would do. */
  readonly isSmallest: boolean
  /** False when erased imports close the circle: it is there for people, not for the runtime. */
  readonly isRuntime: boolean
}

/** An arrow to cut and a shortest circle through it, which begins with it. */
export interface ModuleCut {
  readonly arrow: ModuleArrow
  readonly circle: readonly ModuleArrow[]
}

/** Circles among modules, largest first. */
export function moduleCircles(modules: readonly BoundaryModule[], arrows: readonly ModuleArrow[]): ModuleCircle[] {
  const runtime = arrows.filter((arrow) => arrow.runtime > 0)
  const inRuntime = new Map<BoundaryId, number>()
  for (const [number, members] of components(modules.length, runtime).entries()) {
    for (const id of members) inRuntime.set(id, number)
  }
  return components(modules.length, arrows)
    .map((ids) => {
      const members = ids.map((id) => modules[id]!).sort((a, b) => (a.name < b.name ? -1 : 1))
      const isRuntime = members.every(({ id }) => inRuntime.has(id) && inRuntime.get(id) === inRuntime.get(ids[0]!))
      return { members, isRuntime, ...cutsOf(members, arrows) }
    })
    .sort((a, b) => b.members.length - a.members.length || (a.members[0]!.name < b.members[0]!.name ? -1 : 1))
}

function components(count: number, arrows: readonly ModuleArrow[]): BoundaryId[][] {
  const { start, order } = groupByOwner(
    Int32Array.from(arrows, ({ from }) => from.id),
    count,
  )
  return strongComponents({ start, targets: order.map((index) => arrows[index]!.to.id) }).map((members) => [...members])
}

/**
 * How dear an arrow is to cut: an import that exists for types only is half the work, and an arrow that nobody has
 * declared goes before any that was meant.
 */
function priceOf({ from, to, crossings, runtime }: ModuleArrow): number {
  const work = runtime + (crossings.length - runtime) / 2
  return saysItsNeeds(from, to) && !isDeclaredNeed(from, to) ? work / 100 : work
}

function cutsOf(
  members: readonly BoundaryModule[],
  arrows: readonly ModuleArrow[],
): Pick<ModuleCircle, 'cuts' | 'isSmallest'> {
  const place = new Map(members.map(({ id }, index) => [id, index]))
  const own = arrows.filter(({ from, to }) => place.has(from.id) && place.has(to.id))
  const weighted = own.map((arrow) => ({
    from: place.get(arrow.from.id)!,
    to: place.get(arrow.to.id)!,
    weight: priceOf(arrow),
  }))
  const { cut, isSmallest } = cheapestCut(members.length, weighted)
  const cuts = cut.map((index) => {
    const arrow = own[index]!
    return { arrow, circle: [arrow, ...(shortestPath(arrow.to.id, arrow.from.id, own) ?? [])] }
  })
  return { cuts: cuts.sort((a, b) => priceOf(a.arrow) - priceOf(b.arrow) || compare(a.arrow, b.arrow)), isSmallest }
}

const compare = (a: ModuleArrow, b: ModuleArrow): number => a.from.id - b.from.id || a.to.id - b.to.id

function shortestPath(from: BoundaryId, to: BoundaryId, arrows: readonly ModuleArrow[]): ModuleArrow[] | undefined {
  const cameBy = new Map<BoundaryId, ModuleArrow | undefined>([[from, undefined]])
  const queue = [from]
  for (let head = 0; head < queue.length; head++) {
    const at = queue[head]!
    if (at === to) {
      const path: ModuleArrow[] = []
      for (let arrow = cameBy.get(at); arrow !== undefined; arrow = cameBy.get(arrow.from.id)) path.unshift(arrow)
      return path
    }
    for (const arrow of arrows) {
      if (arrow.from.id !== at || cameBy.has(arrow.to.id)) continue
      cameBy.set(arrow.to.id, arrow)
      queue.push(arrow.to.id)
    }
  }
  return undefined
}
