// Schedules as a capability: ticks are recorded in the application's database, and run where the role says so.
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { AppProcess, StartedModule } from '../capability/capability.ts'
import { defineCapability } from '../capability/capability.ts'
import { elsewhere } from '../capability/elsewhere.ts'
import { dataCapability } from '../data/capability.ts'
import { migrateOwnTables } from '../migrations/apply/migrate-own-tables.ts'
import type { AnyManifest } from '../module/define-module.ts'
import { declaredBy, declares } from '../module/use.ts'
import { cronGuarantees, cronPromises, type Schedule, type TickHandler } from './contract/contract.ts'
import { cronErrors } from './contract/errors.ts'
import { moduleCron } from './module-cron.ts'
import type { ScheduledWork } from './running-ticks.ts'
import { type OwnSchedule, Scheduler } from './scheduler.ts'
import { type ScheduleRow, TickStore } from './tick-store.ts'
import type { TickTimes } from './times/tick-times.ts'
import type { Schedules } from './use-cron.ts'

interface OpenCron {
  readonly store: TickStore
  readonly times: ReadonlyMap<string, TickTimes>
  readonly works: Map<string, ScheduledWork>
  scheduler: Scheduler | undefined
}

/** Schedules of modules; `uses: [cron({ … })]` gives `kit.cron`. */
export const cronCapability = defineCapability<Readonly<Record<never, never>>, OpenCron>({
  name: 'cron',
  summary: 'what modules do at certain times, once however many replicas there are',
  settings: {},
  guarantees: cronGuarantees,
  schema: 'footing_cron',
  needs: () => ['data'],
  driver: () => ({ driver: 'postgresql', from: 'DATABASE_URL', guarantees: cronPromises }),
  async provision(directUrl, modules) {
    if (!modules.some((module) => declares(module, 'cron'))) return
    // From the sources in both cases: the compiler copies no SQL.
    await migrateOwnTables(directUrl, 'footing_cron', new URL('../../src/cron/migrations/', import.meta.url))
  },
  async open(_values, process) {
    const data = process.opened(dataCapability)
    if (data === undefined) throw new TypeError('cron is opened after data')
    const { tickTimes } = await import('./times/tick-times.ts')
    const times = process.places.local.flatMap((module) =>
      schedulesOf(module).map(([name, { at, zone }]) => [name, tickTimes(name, at, zone)] as const),
    )
    return {
      store: new TickStore(data.forModule('footing_cron')),
      times: new Map(times),
      works: new Map(),
      scheduler: undefined,
    }
  },
  kit(open, { manifest, elsewhere: isElsewhere }) {
    const declared = declaredBy<Schedules>(manifest, 'cron')
    if (declared === undefined) return {}
    if (open === undefined || isElsewhere) return { cron: elsewhere('cron', manifest.name) }
    return { cron: moduleCron(manifest.name, Object.keys(declared), open.store, () => open.scheduler?.wake()) }
  },
  join(open, module, process) {
    for (const [name, schedule] of schedulesOf(module.manifest))
      open.works.set(name, workOf(name, schedule, module, process))
    return undefined
  },
  async start(open, { app, places, role, network }) {
    const rows = places.local.flatMap(schedulesOf).map(([name, schedule]) => rowOf(name, schedule))
    const known = app.modules.flatMap(schedulesOf).map(([name]) => name)
    const sync = () => open.store.sync(app.name, rows, known)
    await sync()
    if (role === 'web') return
    const schedules = places.local.flatMap(schedulesOf).map(([name, schedule]) => own(name, schedule, open))
    const owner = `${hostname()} ${process.pid} ${randomBytes(6).toString('hex')}`
    open.scheduler = new Scheduler(owner, open.store, schedules, network.environment, sync)
    open.scheduler.start()
  },
  health: ({ scheduler }) => scheduler?.state ?? 'ok',
  gauges: ({ scheduler }) => scheduler?.gauges() ?? [],
  drain: async ({ scheduler }, deadlineMs) => scheduler?.drain(deadlineMs),
})

/** Schedules of a module by their full names. */
function schedulesOf(module: AnyManifest): readonly (readonly [name: string, schedule: Schedule])[] {
  const declared = declaredBy<Schedules>(module, 'cron') ?? {}
  return Object.entries(declared).map(([name, schedule]) => [`${module.name}.${name}`, schedule])
}

function rowOf(
  name: string,
  { at, zone, overlap, catchUp, jitterMs, timeoutMs, attempts, call }: Schedule,
): ScheduleRow {
  return { name, pattern: at, zone, declared: { overlap, catchUp, jitterMs, timeoutMs, attempts, call } }
}

function own(name: string, schedule: Schedule, { times, works }: OpenCron): OwnSchedule {
  const { overlap, catchUp, jitterMs, attempts, history } = schedule
  // `open` made the times of every local schedule, and `join` its work.
  const [ownTimes, work] = [times.get(name) as TickTimes, works.get(name) as ScheduledWork]
  return { rules: { name, times: ownTimes, overlap, catchUp, jitterMs, attempts }, work, history }
}

function workOf(
  name: string,
  { call, timeoutMs, attempts }: Schedule,
  { manifest, implementation }: StartedModule,
  { network }: AppProcess,
): ScheduledWork {
  const work = { module: manifest.name, timeoutMs, attempts }
  if (call === undefined) {
    // Typed by the manifest; its own name is looked up once more.
    const parts = (implementation as { readonly cron?: Readonly<Record<string, TickHandler | undefined>> }).cron ?? {}
    const local = name.slice(manifest.name.length + 1)
    const handle = Object.hasOwn(parts, local) ? parts[local] : undefined
    if (typeof handle !== 'function') throw cronErrors('cron-handler-missing', { details: { schedule: name } })
    return { ...work, handle }
  }
  const operation = Object.hasOwn(manifest.port, call) ? manifest.port[call] : undefined
  const reason = operation === undefined ? 'the port has no such operation' : 'it takes an input'
  if (operation === undefined || operation.in !== undefined) {
    const details = { schedule: name, operation: `${manifest.name}.${call.slice(0, 80)}`, reason }
    throw cronErrors('cron-call-impossible', { details })
  }
  const port = network.portsFor(manifest.name, [manifest])[manifest.name]
  return { ...work, handle: async () => port?.[call]?.() }
}
