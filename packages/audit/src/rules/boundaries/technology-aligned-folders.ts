// technology-aligned-folders: the code is divided by kind (models, views, services), and changes cut across the kinds.
import type { Module } from '../../graph/contract.ts'
import { isProduct } from '../../modules/domain-arrows.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'

export const rule: Rule = {
  id: 'boundaries/technology-aligned-folders',
  decision: 'boundaries',
  severity: 'medium',
  effort: { minutes: 0, per: 'report' },
  trial: false,
  summary: 'The top folders name kinds of code, not parts of the domain, and changes cross them.',
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const units = backEnds(context)
  return {
    detections: units.flatMap((unit) => judgeBackEnd(unit, context)),
    examined: { count: units.length, of: 'back ends of ten modules or more' },
  }
}

const KINDS = new Set(
  'api apis routes routers endpoints views controllers handlers models entities schemas serializers forms services service repositories repository repos crud dao managers selectors tasks jobs workers utils helpers lib libs common core db database middleware middlewares dependencies signals templates types constants enums exceptions validators'.split(
    ' ',
  ),
)
/** Folders of these names hold no domain either way; they are left out of the share. */
const NEUTRAL = new Set(
  'core common utils helpers lib libs db database types constants enums exceptions templates config settings static'.split(
    ' ',
  ),
)

interface BackEnd {
  readonly name: string
  readonly modules: readonly Module[]
}

/**
 * One unit for each top package with ten modules of product code or more. Three of them side by side (Django
 * applications in one root) are the division already: folders by kind inside a part of the domain are no fault.
 */
function backEnds({ program }: RuleContext): BackEnd[] {
  const byTop = new Map<string, Module[]>()
  for (const module of program.modules) {
    if (!isProduct(module)) continue
    const root = program.packages[module.domain]?.root ?? ''
    const top = module.name.split('.')[0] ?? ''
    const key = `${root}\0${top}`
    const modules = byTop.get(key)
    if (modules === undefined) byTop.set(key, [module])
    else modules.push(module)
  }
  const units = [...byTop.entries()].filter(([, modules]) => modules.length >= 10)
  const rootOf = (key: string): string => key.slice(0, key.indexOf('\0'))
  return units
    .filter(([key]) => units.filter(([other]) => rootOf(other) === rootOf(key)).length < 3)
    .map(([key, modules]) => ({ name: key.slice(key.indexOf('\0') + 1), modules }))
}

function judgeBackEnd({ name, modules }: BackEnd, { trees, history }: RuleContext) {
  const lines = new Map<string, number>()
  for (const module of modules) {
    const [, part = ''] = module.name.split('.')
    const tree = trees[module.id]
    if (part === '' || tree === undefined || NEUTRAL.has(part)) continue
    lines.set(part, (lines.get(part) ?? 0) + Math.max(0, tree.value(0)))
  }
  const total = [...lines.values()].reduce((sum, value) => sum + value, 0)
  const kinds = [...lines].filter(([part]) => KINDS.has(part)).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  const byKind = kinds.reduce((sum, [, value]) => sum + value, 0)
  if (total < 500 || kinds.length < 3 || byKind / total < 0.7) return []
  const crossing = crossChange(
    name,
    kinds.map(([part]) => part),
    modules,
    history,
  )
  if (crossing !== undefined && crossing <= 0.4) return []
  const first = [...modules]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .find((module) => module.name.split('.')[1] === kinds[0]?.[0])
  const share = Math.round((100 * byKind) / total)
  const crossed =
    crossing === undefined ? '' : ` ${Math.round(100 * crossing)} % of the changes touch two kinds or more.`
  const names = kinds.slice(0, 4).map(([part]) => `\`${part}\``)
  return [
    {
      place: { path: first?.path ?? modules[0]?.path ?? '', line: 1 },
      subject: '<repository>',
      evidence: `folders by kind in ${name}`,
      message: {
        what: `${share} % of \`${name}\` lies in folders that name a kind of code: ${names.join(', ')}.`,
        why: `A change to one part of the domain is spread over all of them, so no folder can have an owner or become a service.${crossed}`,
        do: 'Give the next part of the domain a folder of its own with its models, services and routes, and move an old part each time it is changed.',
      },
      confidence: crossing === undefined ? ('probable' as const) : ('definite' as const),
    },
  ]
}

/** Share of commits to the unit that touch two kinds or more; undefined without enough history. */
function crossChange(
  name: string,
  kinds: readonly string[],
  modules: readonly Module[],
  history: RuleContext['history'],
): number | undefined {
  if (!history.enough) return undefined
  const kindOfPath = new Map<string, string>()
  for (const module of modules) {
    const [top, part = ''] = module.name.split('.')
    if (top === name && kinds.includes(part)) kindOfPath.set(module.path, part)
  }
  let touching = 0
  let crossing = 0
  for (const files of history.changes) {
    if (files.length > 30) continue
    const touched = new Set(files.map((file) => kindOfPath.get(file)).filter((kind) => kind !== undefined))
    if (touched.size > 0) touching++
    if (touched.size > 1) crossing++
  }
  return touching < 50 ? undefined : crossing / touching
}
