// import-cycle: modules that import each other while they are being imported.
import type { ChainStep, Detection, Severity } from '../../detection/detection.ts'
import type { ImportCut, ImportCycle, ImportEdge, Module, Program } from '../../graph/contract.ts'
import { isProduct } from '../../modules/domain-arrows.ts'
import { fileCycles, isThroughOwnIndex } from '../../modules/file-cycles.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/import-cycle',
  decision: 'boundaries',
  severity: 'medium',
  effort: { minutes: 40, per: 'site' },
  trial: false,
  summary: 'Modules import each other in a circle at import time.',
  assures: { says: 'no files import each other in a circle', from: 1 },
  judges: {
    python: (context) => judge(context, context.program.imports.cycles('runtime')),
    typescript: (context) => judge(context, fileCycles(context)),
  },
}

function judge(context: RuleContext, cycles: readonly ImportCycle[]): RuleResult {
  const product = context.program.modules.filter(isProduct)
  return {
    detections: cycles.flatMap((cycle) => cutsOf(cycle, context)),
    examined: { count: product.length, of: 'modules' },
  }
}

function cutsOf(cycle: ImportCycle, context: RuleContext): Detection[] {
  const { program } = context
  if (!cycle.modules.some((id) => isProduct(program.modules[id]))) return []
  // A package that is written in several files is one unit: that its parts ask its `__init__` for each other is its shape.
  return cycle.cuts
    .filter(({ circle }) => context.language === 'typescript' || !isOfOnePackage(circle, program))
    .map((cut) => detection(cut, cycle, context))
}

/** Whether a circle goes through an `__init__` that all its other modules are parts of; the top one of several packages gathers no part. */
function isOfOnePackage(circle: readonly ImportEdge[], program: Program): boolean {
  const members = circle.map((edge) => moduleOf(program, edge.from))
  return members.some((gathering) => {
    const parts = members.filter((module) => module !== gathering)
    return (
      gathering.isPackage &&
      parts.every((module) => module.name.startsWith(`${gathering.name}.`)) &&
      new Set(parts.map((module) => module.domain)).size < 2
    )
  })
}

function detection({ edge, circle }: ImportCut, cycle: ImportCycle, context: RuleContext): Detection {
  const { program } = context
  const from = moduleOf(program, edge.from)
  const to = moduleOf(program, edge.to)
  const size = cycle.modules.length
  const begin = cycle.cuts[0]?.edge ?? edge
  const names =
    edge.names.length > 0 && edge.names[0] !== '*' && edge.names[0] !== 'default'
      ? edge.names
          .slice(0, 3)
          .map((name) => `\`${name}\``)
          .join(', ')
      : ''
  const unit = context.language === 'typescript' ? 'files' : 'modules'
  return {
    place: { path: from.path, line: edge.line },
    subject: '<module>',
    evidence: `imports ${to.name}`,
    message: {
      what: `\`${from.name}\` and \`${to.name}\` import each other${circle.length > 2 ? ` through ${circle.length - 2} more` : ''}${size > circle.length ? `, in a circle of ${size} ${unit}` : ''}.`,
      why: `Importing one imports ${size === 2 ? 'both' : `all ${size}`}, in an order that depends on which came first, and one of them then sees another half made.`,
      do: `Cut this import${cycle.cuts.length > 1 ? ` and ${cycle.cuts.length - 1} more` : ''}: ${isThroughOwnIndex(edge, program.modules) && context.language === 'typescript' ? 'name the file that it needs instead of the index, which exports this file as well' : `move ${names === '' || names === `\`${to.name.split('.').at(-1)}\`` ? 'what it needs' : names} to a ${context.language === 'typescript' ? 'file' : 'module'} below both, or pass it in as an argument`}.`,
    },
    confidence: 'definite',
    severity: severityOf(cycle, circle, context),
    chain: drawCircle(program, circle),
    fanOut: size,
    // One circle is one thing to repair; its first cut is where the work begins.
    fixSite: {
      path: moduleOf(program, begin.from).path,
      line: begin.line,
      name: `circle of ${moduleOf(program, cycle.modules[0] ?? edge.from).name}`,
    },
    minutes: 40 * cycle.cuts.length,
  }
}

/**
 * Medium inside one domain package; between domain packages high for a circle of ten or more, or through a hotspot. In
 * TypeScript low for a file and the index that exports it.
 */
function severityOf(
  cycle: ImportCycle,
  circle: readonly ImportEdge[],
  { program, history, language }: RuleContext,
): Severity {
  // Between modules of TypeScript it would be a circle of modules, which is told instead.
  if (language === 'typescript')
    return cycle.cuts.every(({ edge }) => isThroughOwnIndex(edge, program.modules)) ? 'low' : 'medium'
  const members = circle.map((edge) => moduleOf(program, edge.from))
  if (new Set(members.map((module) => module.domain)).size < 2) return 'medium'
  if (cycle.modules.length >= 10) return 'high'
  return members.some((module) => history.isHotspot(module.path)) ? 'high' : 'medium'
}

/** The circle as steps: each module with the line that imports the next, the last one back to the first. */
export function drawCircle(program: Program, circle: readonly ImportEdge[]): ChainStep[] {
  return circle.map((edge) => ({
    path: moduleOf(program, edge.from).path,
    line: edge.line,
    label: `${moduleOf(program, edge.from).name} imports ${moduleOf(program, edge.to).name}`,
    arrow: { from: moduleOf(program, edge.from).name, verb: 'imports', to: moduleOf(program, edge.to).name },
  }))
}

function moduleOf(program: Program, id: number): Module {
  const module = program.modules[id]
  if (module === undefined) throw new RangeError(`module ${id} is not in the program`)
  return module
}
