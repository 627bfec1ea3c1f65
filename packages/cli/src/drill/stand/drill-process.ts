// One process of the drilled application: starts it in its role, tells the drill when a kill would hurt, ends with the drill.
import type { RunningApp } from '@footing/core'
import { drilledApplication } from './drilled-application.ts'
import type { FromProcess, ProcessOrder } from './orders.ts'

/** Runs until it is killed, drained or left alone. */
export async function runDrillProcess(folder: string, entry: string, order: ProcessOrder): Promise<void> {
  let running: RunningApp | undefined
  let draining = false
  // Nobody would ever end it otherwise.
  process.on('disconnect', () => process.exit(1))
  // The terminal's Ctrl-C reaches this process too; the drill decides when it ends.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => {
    draining = true
    const end = (code: number) => () => process.exit(code)
    if (running === undefined) process.exit(0)
    else running.stop().then(end(0), end(1))
  })
  try {
    const app = await drilledApplication(
      { folder, entry },
      {
        process: order.name,
        parts: order.parts,
        migrations: new URL(order.migrations),
        sabotage: order.sabotage,
        inWindow: ({ id, kind }) => tell({ kind: 'window', operation: id, of: kind }),
        draining: () => draining,
      },
    )
    running = await app.start({ role: order.role, port: order.port, profile: 'development', telemetry: {} })
    const drivers = running
      .capabilities()
      .map(({ name, driver, guarantees }) => ({ capability: name, driver, guarantees }))
    tell({ kind: 'ready', url: running.url, drivers })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // The message leaves before the process does.
    process.send?.({ kind: 'fault', message } satisfies FromProcess, () => process.exit(1))
  }
}

function tell(message: FromProcess): void {
  if (process.connected) process.send?.(message, () => undefined)
}
