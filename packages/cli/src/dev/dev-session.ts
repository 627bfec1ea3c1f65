// `footing dev`: a database, the application in a process of its own, the console, and a restart on every change.
import { join, relative } from 'node:path'
import { type ConsoleFeed, createConsoleFeed, type RunningConsole, startConsole } from '@footing/console'
import type { EmbeddedServer } from '@footing/core/tooling'
import { printable } from '@footing/kernel'
import type { ApplicationPlace } from '../application/application.ts'
import { readEnvFile } from '../application/env-file.ts'
import { openFootingFolder } from '../application/footing-folder.ts'
import { startLocalPostgres } from '../application/local-postgres.ts'
import { type ExitCode, exit } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { type Fault, readFault, renderFault } from '../command/fault.ts'
import type { Terminal } from '../command/terminal.ts'
import { versionLine } from '../command/version.ts'
import { type AppChild, startAppChild } from './app-child.ts'
import { Backoff } from './backoff.ts'
import { DevPooler } from './dev-pooler.ts'
import { renderLog, renderPanel, renderRequest } from './panel.ts'
import { type FromApp, noRoute } from './protocol.ts'
import { FrameFolder, type TraceView, traceViewOf } from './source-trace.ts'
import { watchSources } from './watch-sources.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What a session is started with. */
export interface DevOptions {
  readonly place: ApplicationPlace
  /** 0 takes any free port and keeps it over restarts. */
  readonly port: number
  readonly consolePort: number
  readonly watch: boolean
  /** Puts PgBouncer in front of the embedded database when this machine has it. */
  readonly pooler: boolean
  /** The environment of the command. `.env` of the application fills what it leaves out, read anew for each start. */
  readonly env: Environment
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** Request lines printed per report; the rest is counted. */
const mostRequestLines = 20
/** Settings that only the start of a session reads. */
const fixedSettings = ['DATABASE_URL', 'PORT'] as const

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
  readonly #view: TraceView
  readonly #backoff = new Backoff()
  /** What the beginning of the session found; later values of `fixedSettings` count for nothing. */
  readonly #first: Environment
  readonly #pooler: DevPooler
  #database: EmbeddedServer | undefined
  #databaseStarted: Promise<void> = Promise.resolve()
  /** PostgreSQL itself. */
  #directUrl = ''
  #console: RunningConsole | undefined
  /** The process that answers, or is about to. */
  #current: AppChild | undefined
  /** The process that loads changed sources and opens everything; it takes over the port when that has worked. */
  #next: AppChild | undefined
  #restart: NodeJS.Timeout | undefined
  #watching: Promise<void> = Promise.resolve()
  #port: number
  #shownPanel = false
  #reviving = false
  /** What was said last, so that a restart does not say it again. */
  #said = { settings: '', waiting: '' }
  #finish: (code: ExitCode) => void = () => undefined

  constructor(options: DevOptions) {
    this.#options = options
    this.#port = options.port
    this.#first = this.#settings()
    this.#view = traceViewOf(options.place.folder)
    this.#feed = createConsoleFeed({ name: 'application', versions: versionLine() })
    this.#pooler = new DevPooler({
      folder: join(openFootingFolder(options.place.folder), 'pgbouncer'),
      wanted: options.pooler,
      env: this.#first,
      log: (line) => this.#dim(line),
    })
  }

  async run(): Promise<ExitCode> {
    const { watch, signal, terminal, consolePort } = this.#options
    const finished = new Promise<ExitCode>((resolve) => {
      this.#finish = resolve
    })
    if (signal.aborted) return exit.ok
    signal.addEventListener('abort', () => this.#finish(exit.ok), { once: true })
    // The sources load while the database starts: the application waits for its URL.
    this.#databaseStarted = this.#startDatabase()
    this.#databaseStarted.catch(() => undefined)
    if (watch) this.#watching = this.#watch()
    this.#launch()
    this.#console = await startConsole({ feed: this.#feed, port: consolePort })
    const code = await finished
    if (signal.aborted) terminal.note('\nstopping: requests that run are finished first (Ctrl-C again to kill)')
    return code
  }

  /** Stops everything in order: application, console, database. */
  async stop(): Promise<void> {
    clearTimeout(this.#restart)
    await Promise.all([this.#next?.stop(), this.#current?.stop()])
    await this.#console?.close()
    await this.#pooler.stop()
    await this.#database?.stop()
  }

  kill(): void {
    this.#next?.kill()
    this.#current?.kill()
  }

  // `.env` is read each time: the next process starts with what it says now.
  #settings(): Environment {
    const { env, place } = this.#options
    return { ...readEnvFile(place.folder), ...env }
  }

  #watch(): Promise<void> {
    const { place, signal, terminal } = this.#options
    const restart = (what: string): void => {
      this.#dim(what)
      this.#backoff.reset()
      this.#launch()
    }
    return watchSources(place.folder, signal, {
      changed: (path) => restart(`changed ${printable(path)}`),
      migrated: () => restart('footing migrate has changed the database'),
      deaf: (reason) => terminal.note(terminal.noteStyle(`changes are not seen any more: ${reason}`, 'yellow')),
    })
  }

  async #startDatabase(): Promise<void> {
    const given = this.#first.DATABASE_URL
    if (given !== undefined && given !== '') {
      this.#directUrl = given
      this.#feed.update({
        database: { kind: 'external', address: withoutSecret(given), healthy: true, migrations: [] },
      })
      return
    }
    this.#database = await startLocalPostgres(this.#options.place, (line) => this.#dim(line))
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
      if (this.#pooler.urlFor(this.#directUrl) !== before) this.#launch()
    } catch (error) {
      const fault = readFault(error)
      if (fault === undefined) throw error
      this.#tellFault(fault, undefined)
    } finally {
      this.#reviving = false
    }
  }

  #launch(): void {
    const { place, terminal, signal } = this.#options
    if (signal.aborted) return
    clearTimeout(this.#restart)
    this.#next?.kill()
    const settings = this.#settings()
    this.#sayFixedSettings(settings)
    const folder = new FrameFolder(this.#view)
    const show = (lines: readonly string[]): void => {
      for (const line of lines) terminal.note(line)
    }
    let told = false
    const child = startAppChild(place, settings, {
      line: (line) => show(folder.push(line)),
      message: (message) => {
        if (message.kind === 'fault') told = true
        void this.#onMessage(child, message)
      },
      ended: (ending) => {
        show(folder.end())
        this.#onEnded(child, ending, told)
      },
    })
    this.#next = child
  }

  #sayFixedSettings(settings: Environment): void {
    const changed = fixedSettings.filter((name) => settings[name] !== this.#first[name])
    const said = changed.map((name) => `${name}=${settings[name] ?? ''}`).join('\n')
    if (said === this.#said.settings) return
    this.#said.settings = said
    if (changed.length === 0) return
    this.#warn(`${changed.join(' and ')} changed in .env: stop footing dev and start it again to use that`)
  }

  async #onMessage(child: AppChild, message: FromApp): Promise<void> {
    if (child !== this.#next && child !== this.#current) return
    switch (message.kind) {
      case 'loaded':
        await this.#letStart(child, message)
        return
      case 'migrated':
        this.#onMigrated(message)
        return
      case 'prepared':
        await this.#takeOver(child)
        return
      case 'ready':
        await this.#onReady(message)
        return
      case 'fault':
        this.#onFault(child, message)
        return
      case 'wrote':
        for (const file of message.files) this.#dim(`wrote ${file}`)
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

  // The process before goes on answering while this one migrates and opens its connections.
  async #letStart(child: AppChild, { name, modules }: Extract<FromApp, { kind: 'loaded' }>): Promise<void> {
    this.#feed.update({ name, modules, ...(this.#current === undefined ? {} : { status: 'restarting' }) })
    try {
      await this.#databaseStarted
    } catch (error) {
      const fault = readFault(error)
      if (fault === undefined) throw error
      this.#tellFault(fault, undefined)
      this.#finish(exit.unable)
      return
    }
    child.tell({
      kind: 'start',
      databaseUrl: this.#pooler.urlFor(this.#directUrl),
      directUrl: this.#settings().DATABASE_DIRECT_URL || this.#directUrl,
      pooled: this.#pooler.running,
      port: this.#port,
    })
  }

  #onMigrated({ applied, all, waiting, version }: Extract<FromApp, { kind: 'migrated' }>): void {
    const known = this.#feed.state.database
    if (known !== undefined) this.#feed.update({ database: { ...known, version, migrations: all } })
    for (const { module, name } of applied) this.#dim(`migrated ${module}/${name}`)
    const said = waiting.join('\n')
    if (said !== this.#said.waiting) for (const line of waiting) this.#warn(line)
    this.#said.waiting = said
  }

  // The new process holds everything but the port: now the old one drains and lets go of it.
  async #takeOver(child: AppChild): Promise<void> {
    const old = this.#current
    this.#current = child
    this.#next = undefined
    await old?.stop()
    child.tell({ kind: 'listen' })
  }

  async #onReady(message: Extract<FromApp, { kind: 'ready' }>): Promise<void> {
    this.#port = message.port
    this.#backoff.began(performance.now())
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
    // The panel promises that a changed file is seen.
    await this.#watching
    this.#showPanel(links, message.drivers)
  }

  #showPanel(links: readonly { readonly label: string; readonly url: string }[], drivers: readonly string[]): void {
    const { terminal, place, env, watch } = this.#options
    const { name, modules } = this.#feed.state
    const seconds = performance.now() / 1000
    const consoleUrl = this.#console?.url ?? ''
    const database =
      this.#database === undefined
        ? withoutSecret(this.#directUrl)
        : `embedded PostgreSQL in ${relative(env.INIT_CWD ?? process.cwd(), join(place.folder, '.footing'))}`
    if (terminal.wantsJson) {
      const databaseUrl = withoutSecret(this.#pooler.urlFor(this.#directUrl))
      terminal.json({ ok: true, name, seconds, links, console: consoleUrl, database: databaseUrl, drivers })
      return
    }
    const rows = [
      ...links.map((link) => [link.label, link.url] as const),
      ['Console', consoleUrl] as const,
      ['Database', database] as const,
      ...(this.#database === undefined ? [] : [['Pooler', this.#pooler.words] as const]),
      ['Modules', modules.map((module) => module.name).join(', ')] as const,
      ['Stands on', drivers.join(', ')] as const,
    ]
    for (const line of renderPanel({ name, seconds, rows, watching: watch }, terminal)) terminal.out(line)
  }

  // What cannot start takes nothing down: the process before keeps the port.
  #onFault(child: AppChild, { fault, trace, retryable, taken }: Extract<FromApp, { kind: 'fault' }>): void {
    if (child === this.#next) this.#next = undefined
    if (child === this.#current) this.#current = undefined
    if (taken && this.#current !== undefined) {
      void this.#startAlone(this.#current)
      return
    }
    this.#tellFault(fault, trace)
    if (!this.#options.watch) this.#finish(exit.unable)
    else if (this.#current !== undefined) this.#dim('the last version keeps answering')
    else if (retryable) this.#startAgain()
    else this.#dim('waiting for a change (Ctrl-C stops)')
  }

  // A module listens by itself, and the version before still does: these two cannot be there at once.
  async #startAlone(before: AppChild): Promise<void> {
    this.#dim('the last version has an address that the changed one needs: it is stopped first')
    this.#current = undefined
    await before.stop()
    this.#launch()
  }

  #tellFault(fault: Fault, trace: string | undefined): void {
    const { terminal } = this.#options
    const text = [fault.message, fault.why, fault.remedy].filter(Boolean).join('\n')
    this.#feed.update({ status: this.#current === undefined ? 'failed' : 'running', fault: text })
    if (terminal.wantsJson && !this.#shownPanel) terminal.json({ ok: false, error: fault })
    for (const line of ['', ...renderFault(fault, terminal.noteStyle, trace)]) terminal.fault(line)
  }

  #onEnded(child: AppChild, ending: string, told: boolean): void {
    const wasCurrent = child === this.#current
    const wasNext = child === this.#next
    if (wasNext) this.#next = undefined
    if (wasCurrent) this.#current = undefined
    if (!(wasCurrent || wasNext) || told || this.#options.signal.aborted) return
    const fault = readFault(cliErrors('app-ended', { details: { ending } }))
    if (fault !== undefined) this.#tellFault(fault, undefined)
    if (!this.#options.watch) this.#finish(exit.unable)
    else if (this.#current !== undefined) this.#dim('the last version keeps answering')
    else if (this.#next !== undefined) this.#dim('the changed version is about to take its place')
    else if (wasCurrent) this.#startAgain()
    // One that ends while it loads would do so again.
    else this.#dim('waiting for a change (Ctrl-C stops)')
  }

  #startAgain(): void {
    const delay = this.#backoff.ended(performance.now())
    this.#dim(`starting it again in ${delay / 1000} s`)
    this.#restart = setTimeout(() => this.#launch(), delay)
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

  #warn(text: string): void {
    this.#options.terminal.note(this.#options.terminal.noteStyle(text, 'yellow'))
  }
}

/** A database URL for a screen: user, host, port and name. */
function withoutSecret(url: string): string {
  if (!URL.canParse(url)) return 'the database of DATABASE_URL'
  const parsed = new URL(url)
  parsed.password = ''
  parsed.search = ''
  return parsed.href
}
