// deferred-import-cycle: circles that only show when imports inside functions are counted.
import type { Detection } from '../../detection/detection.ts'
import type { ImportCycle, ImportEdge, Program } from '../../graph/contract.ts'
import { isProduct } from '../../modules/domain-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { drawCircle } from './import-cycle.ts'

export const rule: Rule = {
  id: 'boundaries/deferred-import-cycle',
  decision: 'boundaries',
  severity: 'low',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'Imports moved into functions hide a circle between modules.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const { program } = context
  const deferred = program.imports.edges.filter((edge) => edge.tier === 'deferred')
  const largest = largestRuntime(context)
  return {
    detections: program.imports.cycles('deferred').flatMap((cycle) => detectionsOf(cycle, largest, context)),
    examined: { count: deferred.length, of: 'imports inside functions' },
  }
}

/** From so many modules on, nobody has the circle in mind. */
const LARGE = 20

/** A few files of one domain package that avoid each other at import time are its own affair. */
function isInOnePackage({ modules }: ImportCycle, program: Program): boolean {
  const domains = new Set(modules.map((id) => program.modules[id]?.domain ?? -1))
  return domains.size === 1 && !domains.has(-1)
}

function detectionsOf(cycle: ImportCycle, largest: ReadonlyMap<number, number>, { program }: RuleContext): Detection[] {
  const members = new Set(cycle.modules)
  const hiding = program.imports.edges.filter(
    (edge) =>
      edge.tier === 'deferred' && !edge.optional && !edge.dynamic && members.has(edge.from) && members.has(edge.to),
  )
  const before = Math.max(1, ...cycle.modules.map((id) => largest.get(id) ?? 1))
  const shown = drawn(cycle, hiding)
  if (shown === undefined || before === members.size || !cycle.modules.some((id) => isProduct(program.modules[id])))
    return []
  if (members.size < LARGE && isInOnePackage(cycle, program)) return []
  const { edge, circle } = shown
  const from = program.modules[edge.from]
  const to = program.modules[edge.to]
  if (from === undefined || to === undefined) return []
  const size = members.size
  const imports =
    hiding.length === 1 ? 'One import inside a function hides' : `${hiding.length} imports inside functions hide`
  return [
    {
      place: { path: from.path, line: edge.line },
      subject: '<cycle>',
      evidence: `imports ${to.name}`,
      message: {
        what: `${size} modules form a circle once imports inside functions are counted${before > 1 ? `; at import time it is ${before}` : ''}.`,
        why: `${imports} that these modules cannot import each other plainly; each runs at call time, so a mistake in it shows in production.`,
        do: `Begin with the circle drawn here: move what \`${from.name}\` takes from \`${to.name}\` below both, then lift the import to the top.`,
      },
      confidence: 'definite',
      severity: size >= LARGE ? 'medium' : 'low',
      chain: drawCircle(program, circle),
      related: hiding.slice(0, 10).flatMap((other) => {
        const path = program.modules[other.from]?.path
        return path === undefined || other === edge
          ? []
          : [
              {
                path,
                line: other.line,
                label: `also imports ${program.modules[other.to]?.name ?? ''} inside a function`,
              },
            ]
      }),
      fanOut: size,
      minutes: 30 * Math.max(1, cycle.cuts.length),
    },
  ]
}

/** The cut to show: one that is an import inside a function, for that is what this rule is about. */
function drawn(cycle: ImportCycle, hiding: readonly ImportEdge[]) {
  const inside = new Set(hiding)
  return (
    cycle.cuts.find((cut) => inside.has(cut.edge)) ??
    cycle.cuts.find((cut) => cut.circle.some((edge) => inside.has(edge)))
  )
}

/** Size of the import-time circle of each module that is in one. */
function largestRuntime({ program }: RuleContext): ReadonlyMap<number, number> {
  const sizes = new Map<number, number>()
  for (const cycle of program.imports.cycles('runtime'))
    for (const id of cycle.modules) sizes.set(id, cycle.modules.length)
  return sizes
}
