// The time line of a drill as SVG: stretches and faults as bands, and what waited as a curve above them.
import { escapeMarkup as esc } from '../../map/escape-markup.ts'
import { faultInWords } from './make-report.ts'
import type { DrillReport } from './report.ts'

const width = 1000
const left = 190
const curveHeight = 130
const laneHeight = 22
const top = 34

/** Draws it. */
export function drawTimeLine({ phases, faults, backlog }: Pick<DrillReport, 'phases' | 'faults' | 'backlog'>): string {
  const end = Math.max(1, ...phases.map(({ to }) => to), ...faults.map(({ to }) => to))
  const x = (at: number) => round(left + (Math.min(end, Math.max(0, at)) / end) * (width - left - 20))
  const lanes = [...Map.groupBy(faults, ({ kind }) => kind)]
  const most = Math.max(1, ...backlog.map(({ waiting }) => waiting ?? 0))
  const floor = top + curveHeight
  const y = (waiting: number) => round(floor - (waiting / most) * (curveHeight - 12))
  const height = floor + 18 + lanes.length * laneHeight + 34
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Time line of the drill: what waited, and every fault">
${phases.map(({ name, from, to }, index) => phaseBand(name, x(from), x(to), index, height)).join('')}
<text class="label" x="8" y="${top + 22}">waiting, at most ${most}</text>
<line class="axis" x1="${left}" y1="${floor}" x2="${width - 20}" y2="${floor}"/>
${curves(backlog, x, y, floor)}
${lanes.map(([kind, all], index) => lane(kind, all, floor + 18 + index * laneHeight, x)).join('')}
${ticks(end, x, height - 14)}
</svg>`
}

function phaseBand(name: string, from: number, to: number, index: number, height: number): string {
  const wide = to - from
  // A name that does not fit is told by the title alone.
  const label = wide > name.length * 7.8 ? `<text class="phase" x="${from + 5}" y="20">${esc(name)}</text>` : ''
  return `<g><title>${esc(name)}</title><rect class="band${index % 2}" x="${from}" y="0" width="${round(Math.max(0.5, wide))}" height="${height - 30}"/>${label}</g>`
}

/** The curve breaks where the database could not be asked. */
function curves(
  backlog: DrillReport['backlog'],
  x: (at: number) => number,
  y: (waiting: number) => number,
  floor: number,
): string {
  const pieces: { readonly at: number; readonly waiting: number }[][] = [[]]
  for (const { at, waiting } of backlog) {
    if (waiting === null) pieces.push([])
    else pieces.at(-1)?.push({ at, waiting })
  }
  return pieces
    .filter((piece) => piece.length > 1)
    .map((piece) => {
      const points = piece.map(({ at, waiting }) => `${x(at)},${y(waiting)}`).join(' ')
      const [first, last] = [piece[0]?.at ?? 0, piece.at(-1)?.at ?? 0]
      return `<polygon class="area" points="${x(first)},${floor} ${points} ${x(last)},${floor}"/><polyline class="curve" points="${points}"/>`
    })
    .join('')
}

function lane(kind: string, faults: DrillReport['faults'], y: number, x: (at: number) => number): string {
  const bands = faults.map(({ target, from, to }) => {
    const wide = Math.max(2, x(to) - x(from))
    return `<rect class="fault ${esc(kind)}" x="${x(from)}" y="${y + 3}" width="${round(wide)}" height="${laneHeight - 8}"><title>${esc(`${faultInWords(kind)}: ${target}, ${(from / 1000).toFixed(1)} s`)}</title></rect>`
  })
  return `<text class="label" x="8" y="${y + 14}">${faults.length} × ${esc(shortly(kind))}</text><line class="lane" x1="${left}" y1="${y + laneHeight / 2 - 1}" x2="${width - 20}" y2="${y + laneHeight / 2 - 1}"/>${bands.join('')}`
}

const short: Readonly<Record<string, string>> = {
  kill: 'kill -9',
  drain: 'SIGTERM',
  pause: 'SIGSTOP',
  database: 'database restarted',
  backends: 'connections ended',
  cut: 'connections cut',
  delay: 'slow line',
}

function shortly(kind: string): string {
  return short[kind] ?? kind
}

function ticks(end: number, x: (at: number) => number, y: number): string {
  const step = [5, 10, 15, 30, 60, 120, 300, 600, 1800].find((seconds) => end / 1000 / seconds <= 10) ?? 3600
  const count = Math.floor(end / 1000 / step)
  return Array.from({ length: count + 1 }, (_, index) => index * step)
    .map((seconds) => `<text class="tick" x="${x(seconds * 1000)}" y="${y}">${seconds} s</text>`)
    .join('')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
