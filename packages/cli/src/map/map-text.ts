// The map in a terminal: callers above the called, one line a module.
import { printable } from '@footing/kernel'
import { padEnd, type Terminal } from '../command/terminal.ts'
import { arrange } from './arrange.ts'
import { counts } from './counts.ts'
import type { ModuleMap } from './model/module-map.ts'

/** Lines for stdout. Names come from the tree, so none of them reaches the terminal as it is. */
export function mapText(map: ModuleMap, terminal: Pick<Terminal, 'style' | 'unicode' | 'width'>): string[] {
  return linesOf(withPrintableNames(map), terminal)
}

function withPrintableNames(map: ModuleMap): ModuleMap {
  return {
    ...map,
    title: printable(map.title),
    modules: map.modules.map((module) => ({
      ...module,
      name: printable(module.name),
      owner: module.owner === undefined ? undefined : printable(module.owner),
      hears: module.hears.map((name) => printable(name)),
    })),
    arrows: map.arrows.map((arrow) => ({ ...arrow, from: printable(arrow.from), to: printable(arrow.to) })),
  }
}

function linesOf(map: ModuleMap, { style, unicode, width }: Pick<Terminal, 'style' | 'unicode' | 'width'>): string[] {
  const arrow = unicode ? '──▶' : '-->'
  const { order, cycles } = arrange(map)
  const byName = new Map(map.modules.map((module) => [module.name, module]))
  const nameWidth = Math.max(4, ...map.modules.map(({ name }) => name.length))
  const ownerWidth = Math.max(0, ...map.modules.map(({ owner = '' }) => owner.length))
  const lines = order.flatMap((name) => {
    const module = byName.get(name)
    if (module === undefined) return []
    const targets = map.arrows.filter(({ from, to }) => from === name && to !== name)
    const start = `  ${style(padEnd(name, nameWidth), 'bold')}  ${style(padEnd(module.owner ?? '', ownerWidth), 'dim')}  `
    const facts = map.source === 'manifests' ? padEnd(counts(module), 36) : ''
    const room = Math.max(24, width - nameWidth - ownerWidth - facts.length - 12)
    const words = targets.map(({ to, imports }) => (imports === undefined ? to : `${to} ${imports}`))
    const heard = module.hears.length === 0 ? '' : `  hears ${fit(module.hears, room)}`
    const needs = words.length === 0 ? '' : `${arrow} ${fit(words, room)}`
    return [`${start}${style(facts, 'dim')}${needs}${style(heard, 'dim')}`.trimEnd()]
  })
  const count = (amount: number, word: string): string => `${amount} ${word}${amount === 1 ? '' : 's'}`
  const head = `${style(map.title, 'bold')}  ${count(map.modules.length, 'module')}, ${count(map.arrows.length, 'arrow')}, ${cycles.length === 0 ? 'no cycle' : style(count(cycles.length, 'cycle'), 'red')}`
  const round = cycles.map((cycle) => `  ${style('cycle', 'red')}  ${fit(cycle, Math.max(40, width - 12))}`)
  return [head, '', ...lines, ...(round.length === 0 ? [] : ['', ...round])]
}

/** As many words as fit, then how many are left. */
function fit(words: readonly string[], room: number): string {
  let line = ''
  for (const [index, word] of words.entries()) {
    const next = line === '' ? word : `${line}, ${word}`
    if (next.length > room && line !== '') return `${line} and ${words.length - index} more`
    line = next
  }
  return line
}
