// Rows with columns, for a person.
import { displayWidth, type Style, type Terminal } from '../command/terminal.ts'

/** A cell: its text, and how it looks. */
export type Cell = string | { readonly text: string; readonly style: Style }

/** Writes rows below a heading, every column as wide as its widest cell; nothing without rows. */
export function writeTable(terminal: Terminal, heading: readonly string[], rows: readonly (readonly Cell[])[]): void {
  if (rows.length === 0) return
  const text = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text)
  const widths = heading.map((name, column) =>
    Math.max(...[name, ...rows.map((row) => text(row[column] ?? ''))].map((one) => displayWidth(one))),
  )
  const line = (cells: readonly Cell[], look: (cell: Cell) => string) =>
    cells
      .map((cell, column) => `${look(cell)}${' '.repeat((widths[column] ?? 0) - displayWidth(text(cell)))}`)
      .join('  ')
      .trimEnd()
  terminal.out(line(heading, (cell) => terminal.style(text(cell), 'dim')))
  for (const row of rows) {
    terminal.out(line(row, (cell) => (typeof cell === 'string' ? cell : terminal.style(cell.text, cell.style))))
  }
}

/** A time as a person reads it: `2026-11-30 14:05:09 UTC`; a dash for none. */
export function shortTime(iso: string | undefined): string {
  return iso === undefined ? '-' : `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

/** How many things an action has changed or, in a dry run, would have changed. */
export function toldCount(count: number, noun: string, done: string, dryRun: boolean): string {
  const things = `${count} ${count === 1 ? noun : `${noun}s`}`
  return dryRun ? `${things} would be ${done}` : `${things} ${done}`
}
