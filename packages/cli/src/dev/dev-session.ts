// `footing dev`: a database, the application in a process of its own, the console, and a restart on every change.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { type ConsoleFeed, createConsoleFeed, type RunningConsole, startConsole } from '@footing/console'
import type { EmbeddedServer } from '@footing/core/tooling'
import type { ApplicationPlace } from '../application.ts'
import { type ExitCode, exit } from '../command.ts'
import { cliErrors } from '../errors.ts'
import { type Fault, readFault, renderFault } from '../fault.ts'
import type { Terminal } from '../terminal.ts'
import { versionLine } from '../version.ts'
import { type AppChild, startAppChild } from './app-child.ts'
import { DevPooler } from './dev-pooler.ts'
import { renderLog, renderPanel, renderRequest } from './panel.ts'
import { type FromApp, noRoute } from './protocol.ts'
import { watchSources } from './watch-sources.ts'

/** What a session is started with. */
export interface DevOptions {
  readonly place: ApplicationPlace
  /** 0 takes any free port and keeps it over restarts. */
  readonly port: number
  readonly consolePort: number
  readonly watch: boolean
  /** Puts PgBouncer in front of the embedded database when this machine has it. */
  readonly pooler: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** Request lines printed per report; the rest is counted. */
const mostRequestLines = 20

/** Runs until the signal aborts, or, without watching, until the application has failed. */
export async function runDev(options: DevOptions): Promise<ExitCode> {
  const session = new DevSession(options)
  // A second Ctrl-C ends this process at once; the application must not outlive it.
  const killAll = (): void => session.kill()
  process.on('exit', killAll)
  try {
    return await session.run()
  } finally {
    await session.stop()
    process.off('exit', killAll)
  }
}

class DevSession {
  readonly #options: DevOptions
  readonly #feed: ConsoleFeed
  #database: EmbeddedServer | undefined
  /** PostgreSQL itself. */
  #directUrl = ''
  readonly #pooler: DevPooler
  #console: RunningConsole | undefined
  /** The process that answers. */
  #current: AppChild | undefined
  /** The process that loads changed sources and takes over when it has. */
  #next: AppChild | undefined
  #port: number
  #shownPanel = false
  #reviving = false
  #finish: (code: ExitCode) => void = () => undefined

  constructor(options: DevOptions) {
    this.#options = options
    this.#port = options.port
    this.#feed = createConsoleFeed({ name: 'application', versions: versionLine() })
    this.#pooler = new DevPooler({
      folder: join(options.place.folder, '.footing', 'pgbouncer'),
      wanted: options.pooler,
      env: options.env,
      log: (line) => this.#dim(line),
    })
  }

  async run(): Promise<ExitCode> {
    const { place, watch, signal, terminal, consolePort } = this.#options
    const finished = new Promise<ExitCode>((resolve) => {
      this.#finish = resolve
    })
    if (signal.aborted) return exit.ok
    signal.addEventListener('abort', () => this.#finish(exit.ok), { once: true })
    // The sources load while the database starts: the application waits for its URL.
    const database = this.#startDatabase()
    database.catch(() => undefined)
    this.#launch(database)
    this.#console = await startConsole({ feed: this.#feed, port: consolePort })
    await Promise.race([database, finished])
    if (watch) {
      watchSources(place.folder, signal, (path) => {
        terminal.note(terminal.noteStyle(`changed ${path}`, 'dim'))
        this.#launch(database)
      })
    }
    const code = await finished
    if (signal.aborted) terminal.note('\nstopping: requests that run are finished first (Ctrl-C again to kill)')
    return code
  }

  /** Stops everything in order: application, console, database. */
  async stop(): Promise<void> {
    await Promise.all([this.#next?.stop(), this.#current?.stop()])
    await this.#console?.close()
    await this.#pooler.stop()
    await this.#database?.stop()
  }

  kill(): void {
    this.#next?.kill()
    this.#current?.kill()
  }

  async #startDatabase(): Promise<void> {
    const { env, place, terminal } = this.#options
    if (env.DATABASE_URL !== undefined && env.DATABASE_URL !== '') {
      this.#directUrl = env.DATABASE_URL
      this.#feed.update({
        database: { kind: 'external', address: withoutSecret(env.DATABASE_URL), healthy: true, migrations: [] },
      })
      return
    }
    const { startEmbeddedPostgres } = await import('@footing/core/tooling')
    await keepOutOfGit(join(place.folder, '.footing'))
    this.#database = await startEmbeddedPostgres({
      folder: join(place.folder, '.footing', 'postgres'),
      resolveFrom: [import.meta.url, place.entry],
      database: 'app',
      log: (line) => terminal.note(terminal.noteStyle(line, 'dim')),
    })
    this.#directUrl = this.#database.url
    await this.#pooler.start(this.#directUrl)
    this.#feed.update({
      database: { kind: 'embedded', address: withoutSecret(this.#directUrl), healthy: true, migrations: [] },
    })
  }

  // Another session of this folder may have owned the server and ended, or somebody killed it.
  async #reviveDatabase(): Promise<void> {
    if (this.#reviving || this.#options.signal.aborted) return
    this.#reviving = true
    try {
      const before = this.#pooler.urlFor(this.#directUrl)
      if (await this.#pooler.revive(this.#directUrl)) this.#dim('PgBouncer had ended and was started again')
      else {
        // PgBouncer would tell everybody about its failed logins for another second.
        await this.#pooler.stop()
        await this.#startDatabase()
        this.#dim('the database had stopped answering and is there again')
      }
      if (this.#pooler.urlFor(this.#directUrl) !== before) this.#launch(Promise.resolve())
    } catch (error) {
      const fault = readFault(error)
      if (fault === undefined) throw error
      this.#onFault(fault, undefined)
    } finally {
      this.#reviving = false
    }
  }

  #launch(database: Promise<void>): void {
    const { place, env, terminal } = this.#options
    this.#next?.kill()
    let told = false
    const child = startAppChild(place, env, {
      line: (line) => terminal.note(line),
      message: (message) => {
        if (message.kind === 'fault') told = true
        void this.#onMessage(child, message, database)
      },
      ended: (ending) => this.#onEnded(child, ending, told),
    })
    this.#next = child
  }

  async #onMessage(child: AppChild, message: FromApp, database: Promise<void>): Promise<void> {
    if (child !== this.#next && child !== this.#current) return
    switch (message.kind) {
      case 'loaded':
        await this.#takeOver(child, message, database)
        return
      case 'migrated': {
        const known = this.#feed.state.database
        if (known !== undefined) {
          this.#feed.update({ database: { ...known, version: message.version, migrations: message.all } })
        }
        for (const { module, name } of message.applied) this.#dim(`migrated ${module}/${name}`)
        return
      }
      case 'ready':
        this.#onReady(message)
        return
      case 'fault':
        this.#onFault(message.fault, message.trace)
        return
      case 'traffic':
        this.#feed.addRequests(message.requests)
        this.#feed.update({ calls: message.calls, traffic: message.traffic })
        this.#showRequests(message.requests)
        return
      case 'database': {
        const known = this.#feed.state.database
        if (known !== undefined && known.healthy !== message.healthy) {
          this.#feed.update({ database: { ...known, healthy: message.healthy } })
        }
        if (!message.healthy && this.#database !== undefined) await this.#reviveDatabase()
        return
      }
      case 'log':
        for (const line of renderLog(message.line, this.#options.terminal.noteStyle)) this.#options.terminal.note(line)
    }
  }

  // The old process answers until the new sources are loaded; then it drains, and the new one takes the port.
  async #takeOver(
    child: AppChild,
    message: Extract<FromApp, { kind: 'loaded' }>,
    database: Promise<void>,
  ): Promise<void> {
    const restart = this.#current !== undefined
    this.#feed.update({ name: message.name, modules: message.modules, ...(restart ? { status: 'restarting' } : {}) })
    const old = this.#current
    this.#current = child
    this.#next = undefined
    await old?.stop()
    try {
      await database
    } catch (error) {
      const fault = readFault(error)
      if (fault === undefined) throw error
      this.#onFault(fault, undefined)
      this.#finish(exit.unable)
      return
    }
    child.tell({
      kind: 'start',
      databaseUrl: this.#pooler.urlFor(this.#directUrl),
      directUrl: this.#options.env.DATABASE_DIRECT_URL ?? this.#directUrl,
      pooled: this.#pooler.running,
      port: this.#port,
    })
  }

  #onReady(message: Extract<FromApp, { kind: 'ready' }>): void {
    this.#port = message.port
    const base = `http://localhost:${message.port}`
    const links = [
      { label: 'API', url: `${base}${message.api}` },
      ...(message.reference === undefined ? [] : [{ label: 'Reference', url: `${base}${message.reference}` }]),
    ]
    const { restarts } = this.#feed.state
    this.#feed.update({
      status: 'running',
      fault: undefined,
      readyAt: Date.now(),
      links,
      routes: message.routes,
      calls: [],
      traffic: [],
      restarts: this.#shownPanel ? restarts + 1 : restarts,
    })
    if (this.#shownPanel) {
      this.#options.terminal.note(this.#options.terminal.noteStyle('restarted', 'green'))
      return
    }
    this.#shownPanel = true
    this.#showPanel(links)
  }

  #showPanel(links: readonly { readonly label: string; readonly url: string }[]): void {
    const { terminal, place, env } = this.#options
    const { name, modules } = this.#feed.state
    const seconds = performance.now() / 1000
    const consoleUrl = this.#console?.url ?? ''
    const database =
      this.#database === undefined
        ? withoutSecret(this.#directUrl)
        : `embedded PostgreSQL in ${relative(env.INIT_CWD ?? process.cwd(), join(place.folder, '.footing'))}`
    if (terminal.wantsJson) {
      const databaseUrl = withoutSecret(this.#pooler.urlFor(this.#directUrl))
      terminal.json({ ok: true, name, seconds, links, console: consoleUrl, database: databaseUrl })
      return
    }
    const rows = [
      ...links.map((link) => [link.label, link.url] as const),
      ['Console', consoleUrl] as const,
      ['Database', database] as const,
      ...(this.#database === undefined ? [] : [['Pooler', this.#pooler.words] as const]),
      ['Modules', modules.map((module) => module.name).join(', ')] as const,
    ]
    for (const line of renderPanel({ name, seconds, rows }, terminal)) terminal.out(line)
  }

  #onFault(fault: Fault, trace: string | undefined): void {
    const { terminal, watch } = this.#options
    this.#feed.update({ status: 'failed', fault: [fault.message, fault.why, fault.remedy].filter(Boolean).join('\n') })
    if (terminal.wantsJson && !this.#shownPanel) terminal.json({ ok: false, error: fault })
    for (const line of ['', ...renderFault(fault, terminal.noteStyle, trace)]) terminal.fault(line)
    if (!watch) this.#finish(exit.unable)
    else if (this.#next !== undefined && this.#current !== undefined) this.#dim('the last version keeps answering')
    else this.#dim('waiting for a change (Ctrl-C stops)')
  }

  #onEnded(child: AppChild, ending: string, told: boolean): void {
    const mine = child === this.#current || child === this.#next
    if (child === this.#next) this.#next = undefined
    if (child === this.#current) this.#current = undefined
    if (!mine || told || this.#options.signal.aborted) return
    const fault = readFault(cliErrors('app-ended', { details: { ending } }))
    if (fault !== undefined) this.#onFault(fault, undefined)
  }

  #showRequests(requests: Parameters<ConsoleFeed['addRequests']>[0]): void {
    const { terminal } = this.#options
    // Health and reference pages are no routes of the application; a path that nobody knows is told all the same.
    const told = requests.filter((request) => request.route !== noRoute || request.status >= 400)
    for (const request of told.slice(0, mostRequestLines)) terminal.note(renderRequest(request, terminal.noteStyle))
    if (told.length > mostRequestLines) this.#dim(`… and ${told.length - mostRequestLines} more requests`)
  }

  #dim(text: string): void {
    this.#options.terminal.note(this.#options.terminal.noteStyle(text, 'dim'))
  }
}

// Data of one machine: no repository wants it, also where nobody thought of its .gitignore.
async function keepOutOfGit(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, '.gitignore'), '*\n')
}

/** A database URL for a screen: user, host, port and name. */
function withoutSecret(url: string): string {
  if (!URL.canParse(url)) return 'the database of DATABASE_URL'
  const parsed = new URL(url)
  parsed.password = ''
  parsed.search = ''
  return parsed.href
}
