// boundaries/god-module: a file that has grown for years, that many need and that every other change touches.
import type { Detection } from '../../detection/detection.ts'
import { counted } from '../../detection/words.ts'
import type { Module } from '../../graph/contract.ts'
import { isProduct } from '../../modules/domain-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { fan, hubsOf, isVocabulary } from './hub-module.ts'

/** Lines from which a file is large, and from which it is so large that few importers are enough. */
const LARGE = 1500
const HUGE = 3000
/** At most so many files are told, the worst first: the rest is the same story. */
const MOST = 5

export const rule: Rule = {
  id: 'boundaries/god-module',
  decision: 'boundaries',
  severity: 'medium',
  effort: { minutes: 0, per: 'report' },
  trial: false,
  summary: 'A file of thousands of lines that many need is among the most changed.',
  judges: { python: judge, typescript: judge },
}

interface Grown {
  readonly module: Module
  readonly lines: number
  readonly inward: number
  readonly commits: number
}

function judge(context: RuleContext): RuleResult {
  const { program, history, trees } = context
  const product = program.modules.filter(isProduct)
  if (!history.enough) {
    const reason = history.reason === '' ? `${history.commits} commits` : history.reason
    return { detections: [], examined: { count: 0, of: 'modules' }, couldNotTell: `Not enough history: ${reason}.` }
  }
  const hubs = new Set(hubsOf(context).map(({ module }) => module.id))
  const grown: Grown[] = []
  for (const module of product) {
    const lines = trees[module.id]!.value(0)
    // Hubs are told as hubs; a generated file is changed by its generator.
    if (
      lines < LARGE ||
      hubs.has(module.id) ||
      isVocabulary(module) ||
      !history.isHotspot(module.path) ||
      isGenerated(context, module)
    )
      continue
    const inward = fan(module, context).inward + throughFaces(context, module)
    if (inward >= 10 || (lines >= HUGE && inward >= 2))
      grown.push({ module, lines, inward, commits: history.files.get(module.path)?.commits ?? 0 })
  }
  grown.sort((a, b) => b.lines * b.commits * b.inward - a.lines * a.commits * a.inward || a.module.id - b.module.id)
  return { detections: grown.slice(0, MOST).map(detection), examined: { count: product.length, of: 'modules' } }
}

/** Modules that take its names from the package or the index that passes them on. */
function throughFaces({ program }: RuleContext, module: Module): number {
  const users = new Set<number>()
  for (const { from: face, names, tier } of program.imports.importersOf(module.id)) {
    if (tier === 'type-only' || program.modules[face]?.isPackage !== true) continue
    const all = names.includes('*')
    for (const edge of program.imports.importersOf(face)) {
      if (edge.tier === 'type-only' || edge.from === module.id || !isProduct(program.modules[edge.from])) continue
      if (!all && edge.names.some((name) => names.includes(name))) users.add(edge.from)
    }
  }
  return users.size
}

function isGenerated({ trees }: RuleContext, module: Module): boolean {
  return /(?:_pb2|\.generated|\.gen|schema\.graphql)\.[mc]?[jt]?sx?(?:py)?$|(?:^|\/)(?:__generated__|generated)\//.test(
    trees[module.id]!.path,
  )
}

function detection({ module, lines, inward, commits }: Grown): Detection {
  return {
    place: { path: module.path, line: 1 },
    subject: '<file>',
    evidence: 'grown',
    message: {
      what: `\`${module.name}\` has ${counted(lines, 'line')}, ${counted(inward, 'module')} import it, and it was changed ${commits} times.`,
      why: 'People change it side by side, and what one part of it needs weighs on the users of the others.',
      do: 'Move out, one at a time, the part that changes most together with those who need it; leave the name as a front until nobody imports it.',
    },
    confidence: 'definite',
    fanOut: inward,
  }
}
