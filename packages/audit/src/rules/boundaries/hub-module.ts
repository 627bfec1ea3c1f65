// hub-module: a module that many import, that imports many, and that changes all the time.
import type { Detection } from '../../detection/detection.ts'
import type { Module } from '../../graph/contract.ts'
import { isProduct } from '../../modules/domain-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/hub-module',
  decision: 'boundaries',
  severity: 'medium',
  effort: { minutes: 0, per: 'report' },
  trial: false,
  summary: 'A module with many importers and many imports is among the most changed.',
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  const { program, history } = context
  const product = program.modules.filter(isProduct)
  if (!history.enough) {
    const reason = history.reason === '' ? `${history.commits} commits` : history.reason
    return { detections: [], examined: { count: 0, of: 'modules' }, couldNotTell: `Not enough history: ${reason}.` }
  }
  return {
    detections: hubsOf(context).map(({ module, inward, outward }) =>
      detection(module, inward, outward, history.files.get(module.path)?.commits ?? 0),
    ),
    examined: { count: product.length, of: 'modules' },
  }
}

/** A module with its importers and imports among product code. */
export interface Hub {
  readonly module: Module
  readonly inward: number
  readonly outward: number
}

/** Ten importers and ten imports are a module that does its work; it is their product that makes a hub. */
const LEAST_EACH = 10
const LEAST_PRODUCT = 500
/** What gives its importers fewer names has one purpose: a base class, a procedure builder, the database of all. */
const LEAST_NAMES = 15

/** The hubs of a program, largest first. */
export function hubsOf(context: RuleContext): readonly Hub[] {
  const product = context.program.modules.filter(isProduct)
  const ranked = product
    .map((module) => ({ module, ...fan(module, context) }))
    .filter(({ inward, outward }) => Math.min(inward, outward) >= LEAST_EACH && inward * outward >= LEAST_PRODUCT)
    .sort((a, b) => b.inward * b.outward - a.inward * a.outward || (a.module.path < b.module.path ? -1 : 1))
  const top = ranked.slice(0, Math.max(1, Math.ceil(product.length / 100)))
  return top.filter(
    ({ module }) => context.history.isHotspot(module.path) && !isVocabulary(module) && givesMuch(module, context),
  )
}

/** Whether the importers of a module take many different things of it; unknown where most import it whole. */
function givesMuch(module: Module, { program }: RuleContext): boolean {
  const importers = program.imports
    .importersOf(module.id)
    .filter((edge) => edge.tier !== 'type-only' && isProduct(program.modules[edge.from]))
  const naming = importers.filter(({ names }) => names.length > 0 && !names.includes('*'))
  return naming.length * 2 < importers.length || new Set(naming.flatMap(({ names }) => names)).size >= LEAST_NAMES
}

/** How many modules of product code import a module, and how many it imports. */
export function fan(module: Module, { program }: RuleContext): { inward: number; outward: number } {
  const counts = (id: number) => isProduct(program.modules[id])
  return {
    inward: program.imports.importersOf(module.id).filter((edge) => edge.tier !== 'type-only' && counts(edge.from))
      .length,
    outward: program.imports.importsOf(module.id).filter((edge) => edge.tier !== 'type-only' && counts(edge.to)).length,
  }
}

/** Modules that only name things are meant to be imported by everybody; an `__init__` gathers on purpose. */
export function isVocabulary(module: Module): boolean {
  return (
    module.isPackage ||
    /(?:^|[./])(?:constants?|enums?|types?|exceptions?|errors?|settings|config|urls|schema)$/.test(module.name) ||
    /(?:^|[./])settings[./]/.test(module.name)
  )
}

function detection(module: Module, inward: number, outward: number, commits: number): Detection {
  return {
    place: { path: module.path, line: 1 },
    subject: '<file>',
    evidence: 'hub',
    message: {
      what: `\`${module.name}\` is imported by ${inward} modules, imports ${outward}, and was changed ${commits} times.`,
      why: `What its ${inward} importers need of it changes for different reasons, and each change is a change for all of them.`,
      do: 'Split it along the groups of its importers; begin with the part that changes most.',
    },
    confidence: 'definite',
    fanOut: inward,
  }
}
