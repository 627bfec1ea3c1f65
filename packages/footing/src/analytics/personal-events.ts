// A person's events of one kind: those that name them as user.
import type { PersonalStore } from '../capability/personal-store.ts'
import type { Analytics, EventType } from './contract/contract.ts'

/** The events of `event`, which the module calls `called`. */
export function personalEvents(module: string, called: string, event: EventType, analytics: Analytics): PersonalStore {
  return {
    name: `analytics of ${module}: ${called}`,
    async *export(subject) {
      for await (const one of analytics.eventsOf(event, subject)) yield JSON.stringify(one)
    },
    async erase(subject) {
      const { erased, left } = await analytics.eraseUser(event, subject)
      return {
        erased,
        left,
        ...(left === 0 ? {} : { why: 'Events came meanwhile, out of the buffer of a process; erase again.' }),
      }
    },
  }
}
