// The process that runs the application under `footing dev`: loads it at once, starts it when the database is there,
// reports what happens, and ends with its parent.
import { subscribe } from 'node:diagnostics_channel'
import { relative } from 'node:path'
import type { MigrationFacts, ModuleFacts } from '@footing/console'
import type { AnyManifest, App, RunningApp } from '@footing/core'
import type { DataSource } from '@footing/core/tooling'
import { createMigrator, mayCreateDatabases, openDataSource, provisionDatabase } from '@footing/core/tooling'
import { isFootingError } from '@footing/kernel'
import { loadApplication } from '../application/load-application.ts'
import { migrationSources } from '../application/migration-sources.ts'
import { readFault } from '../command/fault.ts'
import { developmentSecrets } from './development-secrets.ts'
import { readLogRecord } from './log-line.ts'
import type { FromApp, ToApp } from './protocol.ts'
import { explainError, hasOwnLine, type TraceView, traceViewOf } from './source-trace.ts'
import { gatherTraffic } from './traffic.ts'

const reportEveryMs = 500
const healthEveryMs = 2000
const drainMs = 3000
/** How often one request may send the same statement before a line says so. */
const mostRepeats = 5

/** Runs until the parent says stop or goes away. */
export async function runAppProcess(folder: string, entry: string): Promise<void> {
  const ended = new AbortController()
  let running: RunningApp | undefined
  const stop = async (): Promise<void> => {
    if (ended.signal.aborted) return
    ended.abort()
    await running?.stop({ deadline: drainMs })
    process.exit(0)
  }
  // The terminal's Ctrl-C reaches this process too; the parent decides when to stop.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
  process.on('disconnect', () => void stop())
  const view = traceViewOf(folder)
  subscribe('footing:log', (record) => {
    const line = readLogRecord(record, view)
    if (line !== undefined) tell({ kind: 'log', line })
  })
  try {
    const app = await loadApplication({ folder, entry })
    const orders = readOrders(() => void stop())
    tell({ kind: 'loaded', name: app.name, modules: app.modules.map(moduleFacts) })
    const { databaseUrl, directUrl, pooled, port } = await orders.start
    const applied = await migrate(app, directUrl)
    const secrets = developmentSecrets(app, process.env, folder)
    const urls = { DATABASE_URL: databaseUrl, DATABASE_DIRECT_URL: directUrl }
    const rehearsal = pooled && !process.env.DATABASE_REHEARSAL ? { DATABASE_REHEARSAL: 'false' } : {}
    const env = { ...process.env, ...secrets, ...urls, ...rehearsal }
    // Log lines go to the parent, which writes them for a person; telemetry adds metrics and the warning of loops.
    running = await app.start({
      env,
      port,
      role: 'all',
      profile: 'development',
      telemetry: { write: () => undefined, repeatedStatements: mostRepeats },
      beforeListen: () => {
        tell({ kind: 'prepared' })
        return orders.listen
      },
    })
    tell(readyFacts(app, running, port))
    report(running, { databaseUrl, directUrl }, ended.signal)
    if (applied) await writeSchema(app, folder, directUrl).catch(() => undefined) // The application answers all the same.
  } catch (error) {
    tellFault(error, view)
    process.disconnect?.()
    process.exit(1)
  }
}

interface Orders {
  readonly start: Promise<Extract<ToApp, { kind: 'start' }>>
  readonly listen: Promise<void>
}

function readOrders(onStop: () => void): Orders {
  const start = Promise.withResolvers<Extract<ToApp, { kind: 'start' }>>()
  const listen = Promise.withResolvers<void>()
  // The parent of this process is `footing dev` and sends nothing else.
  process.on('message', (message) => {
    const order = message as ToApp
    if (order.kind === 'start') start.resolve(order)
    else if (order.kind === 'listen') listen.resolve()
    else onStop()
  })
  return { start: start.promise, listen: listen.promise }
}

/** Applies what is pending; true when that was something. */
async function migrate(app: App, url: string): Promise<boolean> {
  const waiting: string[] = []
  const log = (line: string): void => {
    if (line.includes(' waits: ')) waiting.push(line)
  }
  // A restart is no deployment: what takes something away from running code waits until somebody says so.
  const migrator = createMigrator({ url, sources: migrationSources(app), holdContracts: 'until-told', log })
  const applied = await migrator.up()
  await provisionDatabase(url, app)
  const source = openDataSource({ url, poolSize: 1 })
  const [row] = await source
    .forModule('public')
    .query<{ version: string }>("select current_setting('server_version') as version")
  await source.close()
  tell({
    kind: 'migrated',
    applied: applied.map(migrationFacts),
    all: (await migrator.status()).map(migrationFacts),
    waiting,
    version: `PostgreSQL ${row?.version.split(' ')[0] ?? ''}`.trim(),
  })
  return applied.length > 0
}

/** Writes schema.sql and the types of tables anew, after the application answers: nobody has to wait for that. */
async function writeSchema(app: App, folder: string, directUrl: string): Promise<void> {
  const { mayRefresh, refreshFiles } = await import('../migrate/write-schema.ts')
  const { readStage } = await import('../migrate/migrate-workspace.ts')
  const stage = { ...readStage(process.env, directUrl), profile: 'development' }
  if (!mayRefresh(stage, process.env) || !(await mayCreateDatabases(directUrl))) return
  const readsOf = new Map(app.modules.map(({ name, reads }) => [name, reads]))
  const world = { sources: migrationSources(app), readsOf, scratchUrl: () => Promise.resolve(directUrl) }
  const note = (message: string): void => tell({ kind: 'log', line: { ...noteLine, message } })
  const written = await refreshFiles(world, note)
  if (written.length > 0) tell({ kind: 'wrote', files: written.map(({ path }) => relative(folder, path)) })
}

const noteLine = { level: 'warn', module: undefined, requestId: undefined, fields: '', trace: undefined }

function readyFacts(app: App, running: RunningApp, port: number): FromApp {
  const base = app.options.http?.basePath ?? '/v1'
  return {
    kind: 'ready',
    port: running.port ?? port,
    api: base,
    reference: app.options.http?.reference === false ? undefined : `${base}/docs`,
    routes: running.routes.map(({ method, path, module, operationId, deprecated }) => ({
      method,
      path,
      module,
      operation: operationId,
      deprecated,
    })),
    drivers: running.capabilities().map(({ name, driver }) => `${name} ${driver}`),
  }
}

// Timers do not hold the process: it lives as long as its server and its channel.
function report(
  running: RunningApp,
  { databaseUrl, directUrl }: { readonly databaseUrl: string; readonly directUrl: string },
  ended: AbortSignal,
): void {
  const traffic = gatherTraffic()
  // A pooler keeps everybody waiting while its server is away, so the server is asked as well.
  const health = [...new Set([directUrl, databaseUrl])].map(
    (url): DataSource => openDataSource({ url, poolSize: 1, connectTimeoutMs: 2000 }),
  )
  let last = ''
  const reporting = setInterval(() => {
    const requests = traffic.takeRequests()
    const calls = running.operations().map((stats) => ({
      module: stats.module,
      operation: stats.operation,
      count: stats.calls,
      errors: stats.errors,
      p50: stats.p50,
      p95: stats.p95,
      p99: stats.p99,
    }))
    const used = calls.filter((call) => call.count > 0)
    const now = JSON.stringify(used)
    if (requests.length === 0 && now === last) return
    last = now
    tell({ kind: 'traffic', requests, calls: used, traffic: traffic.routes() })
  }, reportEveryMs).unref()
  const pinging = setInterval(() => {
    Promise.all(health.map((source) => source.ping())).then(
      () => tell({ kind: 'database', healthy: true }),
      () => tell({ kind: 'database', healthy: false }),
    )
  }, healthEveryMs).unref()
  ended.addEventListener('abort', () => {
    clearInterval(reporting)
    clearInterval(pinging)
    traffic.close()
    for (const source of health) void source.close()
  })
}

function moduleFacts(module: AnyManifest): ModuleFacts {
  return {
    name: module.name,
    owner: module.owner,
    needs: module.needs.map((needed) => needed.name),
    operations: Object.entries(module.port).map(([name, operation]) => ({ name, idempotent: operation.idempotent })),
    tables: module.tables,
    events: Object.keys(module.events),
  }
}

function migrationFacts({ module, name, state, appliedAt }: MigrationFacts): MigrationFacts {
  return { module, name, state, ...(appliedAt === undefined ? {} : { appliedAt }) }
}

function tellFault(error: unknown, view: TraceView): void {
  const known = readFault(error)
  const message = error instanceof Error ? error.message : String(error)
  const fault = known ?? { code: 'app-failed', message: `The application did not start: ${message}` }
  const cause = isFootingError(error) ? error.cause : error
  // A coded error says all that there is to say, unless a line of the user is behind it.
  const told = known !== undefined && known.code !== 'app-load-failed'
  const trace = cause instanceof Error && (!told || hasOwnLine(cause, view)) ? explainError(cause, view) : undefined
  tell({
    kind: 'fault',
    fault,
    retryable: isFootingError(error) && error.retryable,
    taken: isTaken(error),
    ...(trace === undefined ? {} : { trace }),
  })
}

function isTaken(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 5) return false
  return ('code' in error && error.code === 'EADDRINUSE') || isTaken(error.cause, depth + 1)
}

function tell(message: FromApp): void {
  if (process.connected) process.send?.(message)
}
