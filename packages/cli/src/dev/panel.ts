// What `footing dev` shows a person: the panel with the addresses, and the lines below it.
import type { RequestFacts } from '@footing/console'
import { printable } from '@footing/kernel'
import { displayWidth, padEnd, type Style, type Terminal } from '../command/terminal.ts'
import type { LogLine } from './protocol.ts'

/** What the panel says. */
export interface PanelFacts {
  readonly name: string
  readonly seconds: number
  readonly rows: readonly (readonly [label: string, value: string])[]
  /** False when a changed file changes nothing, as --no-watch says. */
  readonly watching: boolean
}

/** The panel as lines; a frame when the terminal can draw one. */
export function renderPanel(
  { name, seconds, rows, watching }: PanelFacts,
  terminal: Pick<Terminal, 'style' | 'unicode' | 'width'>,
) {
  const { style, unicode } = terminal
  const title = `${style(name, 'bold')} is ready in ${seconds.toFixed(1)} s`
  const widest = Math.max(...rows.map(([label]) => label.length))
  const body = rows.map(([label, value]) => {
    const shown = value.startsWith('http') ? style(value, 'cyan', 'underline') : value
    return `${style(label.padEnd(widest), 'dim')}  ${shown}`
  })
  const lines = [
    title,
    '',
    ...body,
    '',
    style(
      `Ctrl-C stops everything. ${watching ? 'A changed file restarts the application.' : 'Changes are not watched.'}`,
      'dim',
    ),
  ]
  const inner = Math.max(...lines.map(displayWidth))
  if (!unicode || inner + 4 > terminal.width) return ['', ...lines.map((line) => `  ${line}`.trimEnd()), '']
  const edge = (left: string, right: string): string => style(`${left}${'─'.repeat(inner + 2)}${right}`, 'dim')
  const bar = style('│', 'dim')
  return ['', edge('╭', '╮'), ...lines.map((line) => `${bar} ${padEnd(line, inner)} ${bar}`), edge('╰', '╯'), '']
}

const levelStyle: Readonly<Record<string, Style>> = { debug: 'dim', info: 'blue', warn: 'yellow', error: 'red' }

/** A log line of the application. Control characters that came with a request cannot move the cursor. */
export function renderLog(line: LogLine, paint: Terminal['noteStyle']): readonly string[] {
  const level = paint(line.level.padEnd(5), levelStyle[line.level] ?? 'dim')
  const who = line.module === undefined ? '' : `${paint(line.module, 'magenta')} `
  const fields = line.fields === '' ? '' : ` ${paint(printable(line.fields), 'dim')}`
  const trace =
    line.trace === undefined ? [] : line.trace.split('\n').map((text) => paint(`      ${printable(text)}`, 'dim'))
  return [`${level} ${who}${printable(line.message)}${fields}`, ...trace]
}

/** A finished request. */
export function renderRequest(request: RequestFacts, paint: Terminal['noteStyle']): string {
  const kind = request.status >= 500 ? 'red' : request.status >= 400 ? 'yellow' : 'green'
  const time = `${request.durationMs.toFixed(1)} ms`.padStart(10)
  const status = paint(String(request.status), kind)
  return `${status} ${request.method.padEnd(6)} ${printable(request.route)} ${paint(time.trim(), 'dim')}`
}
