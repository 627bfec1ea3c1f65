// Records as a capability: the access log of tables that declare it, and what is held about people.
import { defineCapability } from '../capability/capability.ts'
import { dataCapability } from '../data/capability.ts'
import type { DataSource } from '../data/contract/contract.ts'
import { keepAccessLog } from './access-log/keep-access-log.ts'
import { openPersonalData } from './personal-data/personal-data.ts'
import { personalHandlers } from './personal-data/personal-handlers.ts'
import { recordHooks } from './record-hooks.ts'

interface Records {
  readonly data: DataSource | undefined
  stopSealing: () => void
}

/** The access log and personal data; `personalData` of a running application. */
export const recordsCapability = defineCapability<Readonly<Record<never, never>>, Records>({
  name: 'records',
  summary: 'who read and changed what, and what is held about people',
  settings: {},
  wanted: () => true,
  extends: { data: (_records, { places }) => ({ hooks: recordHooks(places.local) }) },
  open: (_values, process) => ({ data: process.opened(dataCapability), stopSealing: () => undefined }),
  // Its two operations answer in the port of each module that declares personal data.
  join({ data }, { manifest, implementation }) {
    const database = () => {
      if (data === undefined) {
        throw new TypeError(`The module ${manifest.name} declares personal data and has no database.`)
      }
      return data.forModule<unknown>(manifest.name)
    }
    return personalHandlers(manifest, database, implementation.personal)
  },
  start(records, { places, clock, log, options }) {
    const given = 'opened' in options && options.opened !== undefined
    records.stopSealing = keepAccessLog(given ? undefined : records.data, places.local, clock, log)
  },
  running: ({ data }, { app, network, clock }) => ({
    personalData: openPersonalData(app.modules, network.portsFor(undefined, app.modules), data, clock),
  }),
  drain: async ({ stopSealing }) => stopSealing(),
  close: ({ stopSealing }) => stopSealing(),
})
