// The design structure matrix: who imports whom among domain packages, ordered so that circles stand out in red.
import type { AuditResult } from '../result/audit-result.ts'
import { esc } from './escape-html.ts'

const CELL = 18
const LIMIT = 40

/** An SVG with one row and column a package; a red cell is an arrow against the order, so part of a circle. */
export function matrix(structure: AuditResult['structure']): string {
  const weight = new Map<number, number>()
  for (const { from, to, imports } of structure.arrows) {
    weight.set(from, (weight.get(from) ?? 0) + imports)
    weight.set(to, (weight.get(to) ?? 0) + imports)
  }
  const shown = [...weight.keys()].sort((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0) || a - b).slice(0, LIMIT)
  if (shown.length < 2) return ''
  const order = arrange(shown, structure.arrows)
  const place = new Map(order.map((id, index) => [id, index]))
  const label = 190
  const size = order.length * CELL
  const cells = structure.arrows.flatMap(({ from, to, imports }) => {
    const row = place.get(from)
    const column = place.get(to)
    if (row === undefined || column === undefined || row === column) return []
    const name = `${structure.packages[from] ?? ''} imports ${structure.packages[to] ?? ''}, ${imports} times`
    const shade = Math.min(1, 0.35 + imports / 20).toFixed(2)
    return [
      `<rect x="${label + column * CELL + 1}" y="${row * CELL + 1}" width="${CELL - 2}" height="${CELL - 2}" class="${column < row ? 'back' : 'cell'}" opacity="${shade}"><title>${esc(name)}</title></rect>`,
    ]
  })
  const rows = order.map((id, index) => {
    const name = structure.packages[id] ?? ''
    const short = name.length > 28 ? `…${name.slice(-27)}` : name
    return `<text x="${label - 6}" y="${index * CELL + 13}" text-anchor="end">${esc(short)}</text><rect x="${label + index * CELL}" y="${index * CELL}" width="${CELL}" height="${CELL}" fill="var(--line)"/>`
  })
  const rest = weight.size > LIMIT ? `, the ${LIMIT} most connected of ${weight.size}` : ''
  return `<h2>Structure</h2><p class="quiet">A row imports a column${rest}. Red cells run against the order: they close circles.</p>
<div class="matrix"><svg width="${label + size + 1}" height="${size + 1}" role="img" aria-label="Imports between domain packages">${rows.join('')}${cells.join('')}</svg></div>`
}

/** Greedy feedback-arc order: importers first, imported last, so that few arrows run backwards. */
function arrange(ids: readonly number[], arrows: AuditResult['structure']['arrows']): number[] {
  const left = new Set(ids)
  const head: number[] = []
  const tail: number[] = []
  while (left.size > 0) {
    const balance = new Map<number, { out: number; in: number }>([...left].map((id) => [id, { out: 0, in: 0 }]))
    for (const { from, to, imports } of arrows) {
      const source = balance.get(from)
      const target = balance.get(to)
      if (source === undefined || target === undefined || from === to) continue
      source.out += imports
      target.in += imports
    }
    const entries = [...balance].sort((a, b) => a[0] - b[0])
    const sink = entries.find(([, arrow]) => arrow.out === 0)
    if (sink !== undefined) {
      tail.unshift(sink[0])
      left.delete(sink[0])
      continue
    }
    const [next] = entries.sort((a, b) => b[1].out - b[1].in - (a[1].out - a[1].in) || a[0] - b[0])
    if (next === undefined) break
    head.push(next[0])
    left.delete(next[0])
  }
  return [...head, ...tail]
}
