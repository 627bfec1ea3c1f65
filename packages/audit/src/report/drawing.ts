// Draws circles and chains as text: nodes one below the other, and the arrow that goes back.

import { printable } from '@footing/kernel'
import type { ChainStep } from '../detection/detection.ts'
import { middle } from './fit-text.ts'

/** How to draw. */
export interface DrawingInk {
  readonly width: number
  readonly unicode: boolean
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
}

/**
 * A circle of arrows as rows, the first step of the chain last, because that is the arrow to cut: it goes back to the top.
 * Empty when the steps are no closed circle.
 */
export function drawCircle(steps: readonly ChainStep[], ink: DrawingInk): string[] {
  const [cut, ...rest] = steps
  const arrows = [...rest, cut].flatMap((step) => (step?.arrow === undefined ? [] : [{ ...step, arrow: step.arrow }]))
  const closes = arrows.every(({ arrow }, index) => arrow.to === arrows[(index + 1) % arrows.length]?.arrow.from)
  if (cut === undefined || arrows.length !== steps.length || arrows.length < 2 || !closes) return []
  const { down, left, top, bottom, scissors } = ink.unicode ? UNICODE : ASCII
  const short = withoutCommonFolder(arrows.map(({ arrow }) => arrow.from))
  const labelled = arrows.map(({ arrow, path, line }, index) => ({
    name: printable(short[index] ?? arrow.from),
    verb: `${index === arrows.length - 1 ? scissors : down} ${printable(arrow.verb)}`,
    site: `${printable(path)}:${line}`,
  }))
  const room = Math.min(48, Math.max(...labelled.map(({ verb }) => verb.length + 6)))
  return labelled.flatMap(({ name, verb, site }, index) => {
    const isLast = index === labelled.length - 1
    const rail = index === 0 ? top : left
    const row = `${`${isLast ? bottom : left}    ${verb}`.padEnd(room + 2)}`
    const place = middle(site, Math.max(12, ink.width - row.length - 4))
    return [`  ${rail} ${ink.strong(name)}`, `  ${isLast ? ink.strong(row) : row}  ${ink.dim(place)}`]
  })
}

/** Paths without the folder that they all lie in; names without folders as they are. */
function withoutCommonFolder(names: readonly string[]): string[] {
  const [first = ''] = names
  let common = first.lastIndexOf('/') + 1
  while (common > 0 && !names.every((name) => name.startsWith(first.slice(0, common)))) {
    common = first.lastIndexOf('/', common - 2) + 1
  }
  return names.map((name) => name.slice(common))
}

const UNICODE = { down: '↓', left: '│ ', top: '╭▶', bottom: '╰─', scissors: '✂ cut:' }
const ASCII = { down: 'v', left: '| ', top: '+>', bottom: '+-', scissors: 'x cut:' }

/** A chain of calls: each step further in, under the one that leads to it. */
export function drawChain(steps: readonly ChainStep[], ink: DrawingInk): string[] {
  const corner = ink.unicode ? '└─ ' : '`- '
  return steps.map((step, index) => {
    const depth = Math.min(index, 12)
    const label = `  ${depth === 0 ? '' : `${'   '.repeat(depth - 1)}${corner}`}${printable(step.label)}`
    const site = `${printable(step.path)}:${step.line}`
    const room = ink.width - label.length - 2
    return `${label}  ${ink.dim(room < 12 ? site : middle(site, room))}`
  })
}
