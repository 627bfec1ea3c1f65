// What a module's kit holds of its schedules.
import { currentContext } from '../work/call-context.ts'
import { cronErrors } from './contract/errors.ts'
import type { TickStore } from './tick-store.ts'

/** The schedules of one module. */
export interface ModuleCron<Name extends string = string> {
  /**
   * Asks for a tick now, beside those of the schedule; a worker runs it, paused or not. Answers with its time, as the handler
   * gets it.
   * @throws `cron-schedule-unknown`
   */
  trigger(name: Name): Promise<number>
}

/** The handle of one module. `asked` is called when a tick was recorded. */
export function moduleCron(module: string, names: readonly string[], store: TickStore, asked: () => void): ModuleCron {
  return {
    async trigger(name) {
      const context = currentContext()
      const schedule = `${module}.${name}`
      const asker = context && { requestId: context.requestId, traceId: context.traceId }
      const tick = names.includes(name) ? await store.trigger(schedule, asker) : undefined
      if (tick === undefined) {
        throw cronErrors('cron-schedule-unknown', { details: { schedule, hint: '', known: names.join(', ') } })
      }
      asked()
      return tick
    },
  }
}
