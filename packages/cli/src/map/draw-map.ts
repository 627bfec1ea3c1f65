// The module map as an SVG: a card a module, arrows from caller to called, arrows of cycles in red.
import { counted } from '../command/counted.ts'
import { arrange } from './arrange.ts'
import { counts } from './counts.ts'
import { escapeMarkup } from './escape-markup.ts'
import type { PlacedMap } from './layout.ts'
import type { ModuleMap } from './model/module-map.ts'

/** A drawing that stands alone: its own colours for light and dark. `link` makes each card a link. */
export function drawMap(map: ModuleMap, placed: PlacedMap, link?: (module: string) => string): string {
  const [width, height] = [Math.ceil(placed.width), Math.ceil(placed.height)]
  const modules = new Map(map.modules.map((module) => [module.name, module]))
  const circleOf = new Map(arrange(map).cycles.flatMap((cycle, at) => cycle.map((name) => [name, at] as const)))
  const arrows = placed.arrows.map(({ from, to, points }) => {
    const cycle = circleOf.get(from)
    const backwards = cycle !== undefined && cycle === circleOf.get(to)
    const imports = map.arrows.find((arrow) => arrow.from === from && arrow.to === to)?.imports
    const title = `${from} ${imports === undefined ? 'needs' : 'imports'} ${to}${imports === undefined ? '' : `, ${counted(imports, 'time')}`}`
    return `<path class="arrow${backwards ? ' cycle' : ''}" d="${curve(points)}" marker-end="url(#${backwards ? 'red' : 'head'})"><title>${escapeMarkup(title)}</title></path>`
  })
  const cards = placed.nodes.map((node) => {
    const module = modules.get(node.name)
    if (module === undefined) return ''
    const card = `<g transform="translate(${round(node.x)} ${round(node.y)})"><title>${escapeMarkup(node.name)}</title><rect class="card" width="${round(node.width)}" height="${node.height}" rx="8"/><text class="name" x="12" y="24">${escapeMarkup(cut(node.name, 32))}</text><text class="quiet" x="12" y="43">${escapeMarkup(cut(module.owner ?? 'no owner named', 36))}</text><text class="quiet" x="12" y="61">${escapeMarkup(counts(module))}</text></g>`
    return link === undefined ? card : `<a href="${escapeMarkup(link(node.name))}">${card}</a>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeMarkup(`Modules of ${map.title}`)}">
<style>${style}</style>
<defs>${head('head', 'arrowhead')}${head('red', 'arrowhead red')}</defs>
${arrows.join('\n')}
${cards.join('\n')}
</svg>
`
}

type Point = PlacedMap['arrows'][number]['points'][number]

/** A smooth line through the points: straight into the first and last, round at the corners between. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points
  const last = rest.pop()
  if (first === undefined || last === undefined) return ''
  const at = ({ x, y }: Point): string => `${round(x)} ${round(y)}`
  const corners = rest.map((point, index) => {
    const next = rest[index + 1]
    const end = next === undefined ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 }
    return `Q${at(point)} ${at(end)}`
  })
  return `M${at(first)}${corners.length === 0 ? `L${at(last)}` : corners.join('')}`
}

const head = (id: string, kind: string): string =>
  `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="${kind}" d="M0 0 8 4 0 8Z"/></marker>`

const round = (value: number): number => Math.round(value * 10) / 10
const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text)

const style = `
svg{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;--card:#fff;--line:#b9c2bc;--ink:#1b211e;--soft:#5c6661;--arrow:#6b7a73;--bad:#b3261e}
@media (prefers-color-scheme:dark){svg{--card:#1c2024;--line:#3d464e;--ink:#e7ebe8;--soft:#9aa5a0;--arrow:#8b9a93;--bad:#ff8a80}}
.card{fill:var(--card);stroke:var(--line)}.name{font-size:15px;font-weight:600;fill:var(--ink)}.quiet{font-size:12px;fill:var(--soft)}
.arrow{fill:none;stroke:var(--arrow);stroke-width:1.4}.cycle{stroke:var(--bad);stroke-width:2}.arrowhead{fill:var(--arrow)}.red{fill:var(--bad)}
a:hover .card{stroke:var(--ink)}`
