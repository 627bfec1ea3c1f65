// inverted-layer: the few imports that run against a direction which the project keeps everywhere else.
import type { Detection } from '../../detection/detection.ts'
import type { ImportEdge, Module, Program } from '../../graph/contract.ts'
import { domainArrows, isLayered, isProduct, twoWay } from '../../modules/domain-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/inverted-layer',
  decision: 'boundaries',
  severity: 'medium',
  effort: { minutes: 30, per: 'site' },
  trial: false,
  summary: 'An import runs against the direction that nine in ten imports between the same two layers take.',
  judges: { python: judge },
}

function judge({ program, settings }: RuleContext): RuleResult {
  const arrows = domainArrows(program)
  const shared = new Set(settings.sharedKernel)
  const pairs = twoWay(arrows).filter(({ minority, majority }) =>
    isLayered(minority.edges.length, majority.edges.length),
  )
  const domains = pairs
    .filter(({ minority }) => !shared.has(minority.from.name) && !shared.has(minority.to.name))
    .flatMap(({ minority, majority }) =>
      minority.edges.map((edge) =>
        detection(program, edge, minority.from.name, minority.to.name, majority.edges.length),
      ),
    )
  const layers = kindArrows(program)
  const standsOn = kindsBelow(program)
  const inverted = invertedKinds(layers).flatMap(({ from, to, edges, against }) =>
    edges
      .filter((edge) => standsOn(edge.to, from))
      .map((edge) => detection(program, edge, `${from} modules`, `${to} modules`, against)),
  )
  const known = new Set(domains.map(({ place }) => `${place.path}:${place.line}`))
  const judged = [...arrows.values()].length + layers.size
  return {
    detections: [...domains, ...inverted.filter(({ place }) => !known.has(`${place.path}:${place.line}`))],
    examined: { count: judged, of: 'directions between packages and kinds of module' },
  }
}

/** Kinds of module by file name, from the outside in; only these names say a layer whoever wrote them. */
const KINDS = new Set([
  'views',
  'api',
  'routes',
  'routers',
  'endpoints',
  'urls',
  'serializers',
  'schemas',
  'forms',
  'tasks',
  'services',
  'service',
  'selectors',
  'repositories',
  'repository',
  'models',
  'managers',
  'admin',
  'signals',
])

/** Several names for the layer that answers HTTP: an arrow from one to another crosses no layer. */
const OF_HTTP = new Set(['views', 'api', 'routes', 'routers', 'endpoints', 'urls'])

interface KindArrow {
  readonly from: string
  readonly to: string
  readonly edges: ImportEdge[]
}

function kindArrows(program: Program): ReadonlyMap<string, KindArrow> {
  const kinds = program.modules.map(kindOf)
  const arrows = new Map<string, KindArrow>()
  for (const edge of program.imports.edges) {
    const from = kinds[edge.from] ?? ''
    const to = kinds[edge.to] ?? ''
    if (edge.tier !== 'runtime' || edge.dynamic || from === '' || to === '' || from === to) continue
    if (OF_HTTP.has(from) && OF_HTTP.has(to)) continue
    const key = `${from}>${to}`
    const arrow = arrows.get(key)
    if (arrow === undefined) arrows.set(key, { from, to, edges: [edge] })
    else arrow.edges.push(edge)
  }
  return arrows
}

function invertedKinds(arrows: ReadonlyMap<string, KindArrow>) {
  const found: (KindArrow & { against: number })[] = []
  for (const arrow of arrows.values()) {
    const against = arrows.get(`${arrow.to}>${arrow.from}`)?.edges.length ?? 0
    if (against > arrow.edges.length && isLayered(arrow.edges.length, against)) found.push({ ...arrow, against })
  }
  return found
}

/**
 * Whether a module reaches modules of a kind by imports at import time. A module of an outer kind that needs nothing of
 * the inner one (base schemas of a toolkit) lies below both, whatever its name says.
 */
function kindsBelow(program: Program): (module: number, kind: string) => boolean {
  const memo = new Map<number, ReadonlySet<string>>()
  return (module, kind) => {
    let kinds = memo.get(module)
    if (kinds === undefined) {
      const reached = new Set([module])
      const found = new Set<string>()
      for (const at of reached) {
        for (const edge of program.imports.importsOf(at)) {
          if (edge.tier !== 'runtime' || edge.dynamic || reached.has(edge.to)) continue
          reached.add(edge.to)
          const own = program.modules[edge.to]
          if (own !== undefined) found.add(kindOf(own))
        }
      }
      kinds = found
      memo.set(module, kinds)
    }
    return kinds.has(kind)
  }
}

function kindOf(module: Module): string {
  if (!isProduct(module)) return ''
  const parts = module.name.split('.')
  const own = parts.at(-1) ?? ''
  const folder = parts.at(-2) ?? ''
  return KINDS.has(own) ? own : KINDS.has(folder) ? folder : ''
}

function detection(program: Program, edge: ImportEdge, from: string, to: string, against: number): Detection {
  const importer = program.modules[edge.from]
  const imported = program.modules[edge.to]
  return {
    place: { path: importer?.path ?? '', line: edge.line },
    subject: '<module>',
    evidence: `imports ${imported?.name ?? ''}`,
    message: {
      what: `\`${importer?.name ?? ''}\` imports \`${imported?.name ?? ''}\`, against the direction of the ${against} other imports between \`${from}\` and \`${to}\`.`,
      why: `One import of this kind makes the lower layer depend on the upper one, and a change there now reaches everything that stands on it.`,
      do: 'Move what is shared down to the lower layer, or let the upper one hand it over as an argument.',
    },
    confidence: edge.tier === 'runtime' ? 'definite' : 'probable',
    severity: edge.tier === 'runtime' ? 'medium' : 'low',
    fanOut: against,
  }
}
