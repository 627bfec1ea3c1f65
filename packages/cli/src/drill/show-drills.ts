// The list of drills.
import type { Terminal } from '../command/terminal.ts'
import type { Drill } from './drill.ts'

/** Writes the list. */
export function showDrills(drills: readonly Drill[], terminal: Terminal): void {
  if (terminal.wantsJson) {
    terminal.json({
      drills: drills.map(({ name, summary, needs, takes, docs }) => ({ name, summary, needs, takes, docs })),
    })
    return
  }
  for (const { name, summary, needs, takes, docs } of drills) {
    terminal.out(terminal.style(name, 'bold'))
    terminal.out(`  ${summary}`)
    terminal.out(`  needs  ${needs.join('; ')}`)
    terminal.out(`  takes  ${takes}`)
    terminal.out(terminal.style(`  more   ${docs}`, 'dim'))
  }
}
