// The processes of the drilled application: started, killed, paused, drained, and started again as a supervisor would.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ApplicationPlace } from '../../application/application.ts'
import type { Presence } from '../judge/history.ts'
import type { SaboteurName } from '../judge/saboteur-names.ts'
import type { DriverLine, FromProcess } from './orders.ts'
import type { ProbeParts } from './probe-module.ts'

/** One process. */
export interface Member {
  /** `worker-2.7`: the second worker's seventh process. */
  readonly name: string
  readonly role: 'web' | 'worker'
  readonly child: ChildProcess
  /** Resolves when it answers; rejects with its words when it ends before. */
  readonly ready: Promise<readonly DriverLine[]>
  /** True once it has answered and while it lives. */
  readonly alive: () => boolean
}

/** What a fleet is made of. */
export interface FleetOptions {
  readonly place: ApplicationPlace
  readonly env: Readonly<Record<string, string | undefined>>
  readonly workers: number
  readonly parts: ProbeParts
  readonly migrations: URL
  readonly scratch: string
  readonly sabotage: SaboteurName | undefined
}

interface FleetEvents {
  /** A handler has had its effect and not ended. */
  readonly window: [member: Member, of: string]
}

/** How soon a process that ended by itself is started again. */
const againMs = 400
const drainMs = 15_000

/** The processes, one of the role `web` and the rest workers. */
export class Fleet {
  readonly windows = new EventEmitter<FleetEvents>()
  readonly #options: FleetOptions
  readonly #members = new Map<string, Member>()
  readonly #turns = new Map<string, number>()
  readonly #children = new Set<ChildProcess>()
  /** Whose end somebody wanted. */
  readonly #wanted = new WeakSet<ChildProcess>()
  readonly #presences: Presence[] = []
  #stopping = false
  /** Taken by the first process that answers, and kept by its successors. */
  #port = 0
  #ended = 0
  #lastWords = ''

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** When each process was there to work. */
  get presences(): readonly Presence[] {
    return this.#presences
  }

  /** How often a process ended by itself: while its database was away, or because something is wrong. */
  get endedByItself(): number {
    return this.#ended
  }

  /** Why the last process that could not start did not. */
  get lastWords(): string {
    return this.#lastWords
  }

  /** Where the application answers. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Starts all of them and resolves when all answer. @throws Error with the words of one that could not start */
  async start(): Promise<readonly DriverLine[]> {
    // One first: an application may put something into an empty database when it starts, and need not do so together.
    const drivers = await this.#launch('web', 'web').ready
    const workers = Array.from({ length: this.#options.workers }, (_, index) =>
      this.#launch(`worker-${index + 1}`, 'worker'),
    )
    await Promise.all(workers.map(({ ready }) => ready))
    return drivers
  }

  /** Those that answer. */
  alive(role: 'web' | 'worker'): readonly Member[] {
    return [...this.#members.values()].filter((member) => member.role === role && member.alive())
  }

  /** Kills one at once; its successor starts in the same moment. */
  async kill(member: Member): Promise<void> {
    this.#wanted.add(member.child)
    const gone = once(member.child, 'exit')
    if (!member.child.kill('SIGKILL')) return
    await gone
    this.#next(member)
  }

  /** Asks one to end in order, and starts its successor when it has. */
  async drain(member: Member): Promise<void> {
    this.#wanted.add(member.child)
    const gone = once(member.child, 'exit')
    if (!member.child.kill('SIGTERM')) return
    const patience = new AbortController()
    await Promise.race([
      gone,
      delay(drainMs, undefined, { signal: patience.signal }).then(
        () => member.child.kill('SIGKILL'),
        () => undefined,
      ),
    ])
    await gone
    patience.abort()
    this.#next(member)
  }

  /** Lets one stand still. A shell wakes it up, so that it does not sleep for ever when this process is killed. */
  async pause({ child }: Member, ms: number): Promise<void> {
    const script = `kill -STOP "$0" && sleep ${ms / 1000}; kill -CONT "$0"`
    const shell = spawn('sh', ['-c', script, String(child.pid)], { stdio: 'ignore', detached: true })
    await once(shell, 'exit')
  }

  /** Resolves when every process answers, or after so long. */
  async whole(patienceMs: number): Promise<boolean> {
    const end = performance.now() + patienceMs
    while (performance.now() < end) {
      if ([...this.#members.values()].every((member) => member.alive())) return true
      await delay(50)
    }
    return false
  }

  /** Ends all of them in order, and kills what does not. */
  async stop(): Promise<void> {
    this.#stopping = true
    const children = [...this.#children]
    for (const child of children) child.kill('SIGTERM')
    const gone = Promise.all(children.map((child) => (ended(child) ? undefined : once(child, 'exit'))))
    const patience = new AbortController()
    await Promise.race([gone, delay(drainMs, undefined, { signal: patience.signal }).catch(() => undefined)])
    patience.abort()
    this.killAll()
    await gone
  }

  /** At once, for the way out. */
  killAll(): void {
    this.#stopping = true
    for (const child of this.#children) child.kill('SIGKILL')
  }

  #next({ name, role }: Member): void {
    if (!this.#stopping) this.#launch(name.slice(0, name.lastIndexOf('.')), role)
  }

  #launch(slot: string, role: 'web' | 'worker'): Member {
    const { place, env, parts, migrations, scratch, sabotage } = this.#options
    const turn = (this.#turns.get(slot) ?? 0) + 1
    this.#turns.set(slot, turn)
    const name = `${slot}.${turn}`
    const script = fileURLToPath(new URL('../../../bin/drill-process.js', import.meta.url))
    const order = { name, role, port: role === 'web' ? this.#port : 0, parts, migrations: migrations.href, sabotage }
    const log = openSync(join(scratch, `${slot}.log`), 'a')
    const child = fork(script, [place.folder, place.entry, JSON.stringify(order)], {
      cwd: place.folder,
      env,
      stdio: ['ignore', log, log, 'ipc'],
      execArgv: [...conditions(process.execArgv)],
    })
    closeSync(log)
    this.#children.add(child)
    let alive = false
    let from = 0
    const started = Promise.withResolvers<readonly DriverLine[]>()
    started.promise.catch(() => undefined)
    const member: Member = { name, role, child, ready: started.promise, alive: () => alive }
    this.#members.set(slot, member)
    // The channel carries only what drill-process.ts sends.
    child.on('message', (message: FromProcess) => {
      if (message.kind === 'ready') {
        alive = true
        from = Date.now()
        if (role === 'web') this.#port = Number(new URL(message.url ?? 'http://127.0.0.1:0').port)
        started.resolve(message.drivers)
      } else if (message.kind === 'window') this.windows.emit('window', member, message.of)
      else this.#lastWords = message.message
    })
    child.once('exit', (code, signal) => {
      if (alive) this.#presences.push({ process: name, from, to: Date.now() })
      alive = false
      this.#children.delete(child)
      started.reject(new Error(this.#lastWords || `it ended with ${signal ?? `exit code ${code ?? 'unknown'}`}`))
      if (this.#stopping || this.#wanted.has(child)) return
      this.#ended += 1
      setTimeout(() => this.#next(member), againMs).unref()
    })
    return member
  }
}

/** Whoever runs Footing from its sources wants its processes to do so too; the flag may stand beside its value. */
function conditions(flags: readonly string[]): readonly string[] {
  return flags.flatMap((flag, index) => {
    if (flag.startsWith('--conditions=')) return [flag]
    return flag === '--conditions' || flag === '-C' ? [`--conditions=${flags[index + 1]}`] : []
  })
}

function ended({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
