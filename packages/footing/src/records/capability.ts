// Records as a capability: the access log of tables that declare it, and what is held about people.
import { defineCapability } from '../capability/capability.ts'
import { dataCapability } from '../data/capability.ts'
import type { DataSource } from '../data/contract/contract.ts'
import type { HttpExtension } from '../http/http-extension.ts'
import { installAccessLog } from './access-log/install-access-log.ts'
import { keepAccessLog } from './access-log/keep-access-log.ts'
import { installPersonalData } from './personal-data/install-personal-data.ts'
import { openPersonalData } from './personal-data/open-personal-data.ts'
import type { PersonalData } from './personal-data/personal-data.ts'
import { personalHandlers } from './personal-data/personal-handlers.ts'
import { recordHooks } from './record-hooks.ts'

interface Records {
  readonly data: DataSource | undefined
  readonly personalData: PersonalData
  stopSealing: () => void
}

/** The access log and personal data; `personalData` of a running application. */
export const recordsCapability = defineCapability<Readonly<Record<never, never>>, Records>({
  name: 'records',
  summary: 'who read and changed what, and what is held about people',
  settings: {},
  wanted: () => true,
  extends: {
    data: (_records, { places }) => ({ hooks: recordHooks(places.local) }),
    // An extension is asked for when this capability is open.
    http: (records): HttpExtension => ({ authenticate: (records as Records).personalData.refuseErased }),
  },
  async open(_values, process) {
    const data = process.opened(dataCapability)
    // One that was given to the start may not have been asked yet; before its first answer nothing of a logged table is read.
    await data?.ping()
    const { app, places, network, clock } = process
    const personalData = openPersonalData({
      modules: app.modules,
      local: places.local,
      ports: network.portsFor(undefined, app.modules),
      data,
      clock,
      stores: () => process.personalStores(),
    })
    return { data, personalData, stopSealing: () => undefined }
  },
  // Its operations answer in the port of each module that declares personal data.
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
  async provision(directUrl, modules) {
    await installAccessLog(directUrl, modules)
    await installPersonalData(directUrl, modules)
  },
  running: ({ personalData }) => ({ personalData }),
  drain: async ({ stopSealing }) => stopSealing(),
  close: ({ stopSealing }) => stopSealing(),
})
