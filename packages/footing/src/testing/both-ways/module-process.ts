// The program of the second process: starts one module of the test's application, on the database and time of the test.
import { isFootingError, type ManualClock, manualClock } from '@footing/kernel'
import { type App, createApp, type RunningApp } from '../../app/create-app.ts'
import type { DataSource } from '../../data/contract/contract.ts'
import { changedScope } from '../../data/contract/query-scope.ts'
import { openTestData } from '../counted-data/open-test-data.ts'
import { type QueryCounter, queryCounter } from '../counted-data/query-counter.ts'
import type { FromModule, ModuleOrder, RoutedQuery, ToModule } from './messages.ts'
import { Rehearsal } from './rehearsal.ts'

/** Statements on their way to the test: an answer leaves when the test has counted those before it. */
class QueryReport {
  #collected: RoutedQuery[] = []
  #sent = 0
  readonly #waiting = new Map<number, () => void>()

  /** A counter that reports instead of counting. */
  readonly counter: QueryCounter = {
    ...queryCounter(),
    observe: (scope) =>
      changedScope(scope, {
        onQuery: (query) => {
          this.#collected.push({ ...query, route: scope?.route ?? '' })
          scope?.onQuery?.(query)
        },
      }),
  }

  async flush(): Promise<void> {
    if (this.#collected.length === 0) return
    const queries = this.#collected
    this.#collected = []
    this.#sent++
    const id = this.#sent
    tell({ kind: 'queries', id, queries })
    await new Promise<void>((resolve) => this.#waiting.set(id, resolve))
  }

  counted(id: number): void {
    this.#waiting.get(id)?.()
    this.#waiting.delete(id)
  }
}

function tell(message: FromModule): void {
  if (process.connected) process.send?.(message)
}

let clock: ManualClock | undefined
let data: DataSource | undefined
let running: RunningApp | undefined
let rehearsal: Rehearsal | undefined
let starting: Promise<void> | undefined
const report = new QueryReport()

async function start(order: ModuleOrder): Promise<void> {
  const app = await load(order)
  clock = order.now === null ? undefined : manualClock(order.now)
  rehearsal = order.rehearsal && new Rehearsal(order.rehearsal)
  const given = {
    ...(clock === undefined ? {} : { clock }),
    ...(rehearsal === undefined ? {} : { disturbance: rehearsal }),
  }
  data = openTestData(order.data, app.modules, report.counter, clock)
  running = await reporting(app).start({
    env: order.env,
    profile: 'test',
    host: '127.0.0.1',
    port: 0,
    serve: [order.module],
    opened: { data },
    ...given,
  })
  tell({ kind: 'ready', port: running.port ?? 0 })
}

async function load({ entry, modules }: ModuleOrder): Promise<App> {
  const exported = (await import(entry)) as Readonly<Record<string, unknown>> // what is used of it is checked below
  const app = exported.app ?? exported.default
  if (typeof app !== 'object' || app === null || !('modules' in app) || !Array.isArray(app.modules)) {
    throw new Error(`${entry} exports no application as app.`)
  }
  const found = (app as App).modules.map(({ name }) => name)
  if (found.join() !== modules.join()) {
    throw new Error(
      `${entry} has the modules ${found.join(', ')}; the application of the test has ${modules.join(', ')}.`,
    )
  }
  return app as App
}

/** The same application, whose answers wait until the test knows the statements that they took. */
function reporting({ options }: App): App {
  return createApp({
    ...options,
    http: {
      ...options.http,
      async customise(server) {
        await options.http?.customise?.(server)
        server.addHook('onSend', async (_request, _reply, payload) => {
          await report.flush()
          return payload
        })
      },
    },
  })
}

/** Time that passes while the application still starts is made up for when it has. */
async function follow({ id, now }: { readonly id: number; readonly now: number }): Promise<void> {
  await starting
  if (clock !== undefined) await clock.advance(Math.max(0, now - clock.now()))
  tell({ kind: 'moved', id })
}

async function stop(): Promise<void> {
  if (clock !== undefined) void clock.advance(60_000)
  await running?.stop({ deadline: 0 })
  await data?.close()
  await rehearsal?.close()
  process.exit(0)
}

process.on('message', (message: ToModule) => {
  switch (message.kind) {
    case 'start':
      starting = start(message).catch((error: unknown) => {
        tell({
          kind: 'failed',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
          error: isFootingError(error) ? error.toJSON() : null,
        })
      })
      break
    case 'counted':
      report.counted(message.id)
      break
    case 'time':
      void follow(message)
      break
    case 'stop':
      void stop()
  }
})
// The test has ended in whatever way: nothing of it stays.
process.on('disconnect', () => process.exit(0))
