// What sessions hold about a person: exported without anything that could be used, and ended with an erasure.
import type { PersonalStore } from '../capability/personal-store.ts'
import type { SessionStore } from './contract/contract.ts'

/** The sessions of a user, by the id that `begin` was given. */
export function personalSessions(store: SessionStore): PersonalStore {
  return {
    name: 'sessions',
    async *export(subject) {
      for (const { about, createdAt, seenAt } of await store.list(subject)) {
        yield JSON.stringify({ about, createdAt, seenAt })
      }
    },
    async erase(subject) {
      const erased = await store.endOf(subject, undefined, undefined)
      return { erased, left: (await store.list(subject)).length }
    },
  }
}
