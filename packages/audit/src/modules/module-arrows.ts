// The arrows between modules: every import statement of the product that leads from one module into another.
import type { ImportStatement, Module, Program } from '../graph/contract.ts'
import { isProduct } from '../survey/whereabouts.ts'
import {
  type BoundaryContext,
  type BoundaryId,
  type BoundaryModel,
  type BoundaryModule,
  crossing,
} from './boundary-model.ts'
import { boundaryModel } from './find-modules.ts'

/** One import statement that crosses into a module. */
export interface Crossing {
  readonly statement: ImportStatement
  readonly importer: Module
  readonly imported: Module
  /** Undefined for a file that no module of this level holds. */
  readonly from: BoundaryModule | undefined
  readonly to: BoundaryModule
}

/** All imports of one module by another. */
export interface ModuleArrow {
  readonly from: BoundaryModule
  readonly to: BoundaryModule
  /** By path and line. */
  readonly crossings: readonly Crossing[]
  /** Those that are there at run time; the others are erased. */
  readonly runtime: number
}

/** Crossings of a program and what is made of them. */
export interface Crossings {
  readonly all: readonly Crossing[]
  readonly arrows: readonly ModuleArrow[]
}

const known = new WeakMap<Program, Crossings>()

/**
 * Every crossing of the product in order of path and line. What tests, examples, migrations and scripts import is their
 * own affair.
 */
export function crossingsOf(context: BoundaryContext): Crossings {
  const found = known.get(context.program)
  if (found !== undefined) return found
  const model = boundaryModel(context)
  const all = model.modules.length === 0 ? [] : collect(context.program, model)
  const crossings = { all, arrows: arrowsOf(all) }
  known.set(context.program, crossings)
  return crossings
}

function collect(program: Program, model: BoundaryModel): Crossing[] {
  const found: Crossing[] = []
  for (const statement of program.imports.statements) {
    if (statement.target.to !== 'module') continue
    const importer = program.modules[statement.from]
    const imported = program.modules[statement.target.module]
    if (importer === undefined || imported === undefined || !isProduct(importer)) continue
    const sides = crossing(model, importer.id, imported.id)
    // A module declares which events it hears. That is not a need: the module that announces does not know its listeners.
    if (sides?.from?.contracts.has(imported.path)) continue
    if (sides !== undefined) found.push({ statement, importer, imported, ...sides })
  }
  return found
}

function arrowsOf(all: readonly Crossing[]): ModuleArrow[] {
  const arrows = new Map<string, { from: BoundaryModule; to: BoundaryModule; crossings: Crossing[]; runtime: number }>()
  for (const item of all) {
    const { from, to, statement } = item
    if (from === undefined || !isProduct(item.imported)) continue
    const key = arrowKey(from.id, to.id)
    const arrow = arrows.get(key) ?? { from, to, crossings: [], runtime: 0 }
    arrow.crossings.push(item)
    if (!statement.typeOnly) arrow.runtime++
    arrows.set(key, arrow)
  }
  return [...arrows.values()].sort((a, b) => a.from.id - b.from.id || a.to.id - b.to.id)
}

/** Key of an arrow. */
const arrowKey = (from: BoundaryId, to: BoundaryId): string => `${from}>${to}`
