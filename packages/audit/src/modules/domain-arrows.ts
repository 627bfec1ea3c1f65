// The arrows between domain packages that count: written in production code, run at import time or inside a function.
import type { DomainPackage, ImportEdge, Module, PackageId, Program } from '../graph/contract.ts'

/** All imports of one domain package by another. */
export interface DomainArrow {
  readonly from: DomainPackage
  readonly to: DomainPackage
  readonly edges: readonly ImportEdge[]
}

/** Whether a module is the product itself: no test, migration, example, script or stub. */
export function isProduct(module: Module | undefined): boolean {
  return module !== undefined && (module.role === 'code' || module.role === 'configuration')
}

/**
 * Arrows between different domain packages, keyed `from → to` by number, in order of the importing module. Imports for
 * the type checker and by constant text do not count, nor those of commands and URL lists, nor those of a package into
 * the one that contains it.
 */
export function domainArrows(program: Program): ReadonlyMap<string, DomainArrow> {
  const arrows = new Map<string, { from: DomainPackage; to: DomainPackage; edges: ImportEdge[] }>()
  for (const edge of program.imports.edges) {
    if (edge.tier === 'type-only' || edge.dynamic) continue
    const importer = program.modules[edge.from]
    const imported = program.modules[edge.to]
    if (!isProduct(importer) || !isProduct(imported) || isComposition(importer?.path ?? '')) continue
    const from = packageOf(program, importer?.domain ?? -1)
    const to = packageOf(program, imported?.domain ?? -1)
    if (from === undefined || to === undefined || from === to || contains(from, to) || contains(to, from)) continue
    const key = arrowKey(from.id, to.id)
    const arrow = arrows.get(key)
    if (arrow === undefined) arrows.set(key, { from, to, edges: [edge] })
    else arrow.edges.push(edge)
  }
  return arrows
}

/** Commands and URL lists put parts together: that they import everybody says nothing about the packages they lie in. */
function isComposition(path: string): boolean {
  return path.includes('/management/commands/') || path.endsWith('/urls.py')
}

/** Key of an arrow in `domainArrows`. */
function arrowKey(from: PackageId, to: PackageId): string {
  return `${from}>${to}`
}

/** Pairs of packages with arrows in both directions, the smaller direction first. */
export function twoWay(arrows: ReadonlyMap<string, DomainArrow>): { minority: DomainArrow; majority: DomainArrow }[] {
  const pairs: { minority: DomainArrow; majority: DomainArrow }[] = []
  for (const arrow of arrows.values()) {
    const back = arrows.get(arrowKey(arrow.to.id, arrow.from.id))
    if (back === undefined || arrow.from.id > arrow.to.id) continue
    // Of equal directions the one whose importer comes later in the alphabet is called the minority: any fixed choice will do.
    pairs.push(
      arrow.edges.length < back.edges.length
        ? { minority: arrow, majority: back }
        : { minority: back, majority: arrow },
    )
  }
  return pairs
}

/** Pairs with twenty imports or more of which nine in ten go one way: the direction that the project itself has chosen. */
export function isLayered(minority: number, majority: number): boolean {
  return minority + majority >= 20 && majority / (minority + majority) >= 0.9
}

function packageOf(program: Program, id: PackageId): DomainPackage | undefined {
  return id < 0 ? undefined : program.packages[id]
}

function contains(outer: DomainPackage, inner: DomainPackage): boolean {
  return inner.name.startsWith(`${outer.name}.`) || inner.path.startsWith(`${outer.path}/`)
}
