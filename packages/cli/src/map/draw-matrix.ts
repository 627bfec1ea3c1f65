// The design structure matrix as an SVG: it needs no layout, so it stays readable where a picture of boxes does not.
import { counted } from '../command/counted.ts'
import { arrange } from './arrange.ts'
import { escapeMarkup } from './escape-markup.ts'
import type { ModuleMap } from './model/module-map.ts'

/** Rows and columns beyond this are left out, the least connected first. */
export const mostRows = 120

const cell = 18

/** A row depends on a column. Cells under the diagonal run against the order and are red: they close cycles. */
export function drawMatrix(map: ModuleMap): string {
  const weight = new Map<string, number>(map.modules.map(({ name }) => [name, 0]))
  for (const { from, to, imports = 1 } of map.arrows) {
    weight.set(from, (weight.get(from) ?? 0) + imports)
    weight.set(to, (weight.get(to) ?? 0) + imports)
  }
  const { order: whole } = arrange(map)
  const kept = new Set(whole.toSorted((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0)).slice(0, mostRows))
  const order = whole.filter((name) => kept.has(name))
  const place = new Map(order.map((name, index) => [name, index]))
  const label = Math.min(260, 20 + 6.6 * Math.max(0, ...order.map((name) => name.length)))
  const size = order.length * cell
  const rows = order.map((name, index) => {
    const short = name.length > 36 ? `…${name.slice(-35)}` : name
    return `<text x="${label - 6}" y="${index * cell + 13}" text-anchor="end">${escapeMarkup(short)}<title>${escapeMarkup(name)}</title></text><rect class="self" x="${label + index * cell}" y="${index * cell}" width="${cell}" height="${cell}"/>`
  })
  const cells = map.arrows.flatMap(({ from, to, imports }) => {
    const [row, column] = [place.get(from), place.get(to)]
    if (row === undefined || column === undefined || row === column) return []
    const title = `${from} ${imports === undefined ? 'needs' : 'imports'} ${to}${imports === undefined ? '' : `, ${counted(imports, 'time')}`}`
    const shade = imports === undefined ? 1 : Math.min(1, 0.35 + imports / 20)
    return [
      `<rect class="${column < row ? 'back' : 'cell'}" x="${label + column * cell + 1}" y="${row * cell + 1}" width="${cell - 2}" height="${cell - 2}" opacity="${shade.toFixed(2)}"><title>${escapeMarkup(title)}</title></rect>`,
    ]
  })
  const [width, height] = [Math.ceil(label + size + 1), size + 1]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeMarkup(`Who depends on whom in ${map.title}`)}">
<style>${style}</style>
${rows.join('\n')}
${cells.join('\n')}
</svg>
`
}

const style = `
svg{font:11px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;--line:#dfe3de;--ink:#1b211e;--cell:#4f7cac;--bad:#b3261e}
@media (prefers-color-scheme:dark){svg{--line:#2e343a;--ink:#e7ebe8;--cell:#6ea0d8;--bad:#ff8a80}}
text{fill:var(--ink)}.self{fill:var(--line)}.cell{fill:var(--cell)}.back{fill:var(--bad)}`
