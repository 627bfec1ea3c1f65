// A model of an application with workers on a clock of its own: right by itself, so that what a planted fault breaks is the fault's.
import { type ManualClock, manualClock } from '@footing/kernel'
import type { Effect, Fault, History, JournalLine, Operation, Phase, SentOperation, TickRun } from '../judge/history.ts'
import type { SaboteurName } from '../judge/saboteur-names.ts'
import { PlannedRollback, type ProbeHandlers, type ProbeWorld, poisonAttempts } from '../probe/probe.ts'
import { type Chance, chance } from '../workload/random.ts'
import { sabotaged } from './saboteurs.ts'

interface Tx {
  readonly writes: (() => void)[]
}

interface Job {
  readonly operation: Operation
  attempt: number
  state: 'ready' | 'running' | 'done' | 'dead'
  readyAt: number
  owner: Member | undefined
}

interface Member {
  readonly name: string
  readonly role: 'web' | 'worker'
  alive: boolean
  draining: boolean
  busy: number
  /** Set while it stands still. */
  paused: PromiseWithResolvers<void> | undefined
  pausedAt: number
  handlers: ProbeHandlers<Tx>
}

const leaseMs = 3000
const stepMs = 20

/** What a run of the model is made of. */
export interface ModelOptions {
  readonly seed: number
  readonly sabotage?: SaboteurName
  readonly kills?: number
}

/** Runs it and gives the history. */
export async function modelHistory({ seed, sabotage, kills = 30 }: ModelOptions): Promise<History> {
  const model = new Model(seed, sabotage)
  return model.run(kills)
}

class Model {
  readonly #clock: ManualClock = manualClock(1_000_000)
  readonly #random: Chance
  readonly #sabotage: SaboteurName | undefined
  readonly #members = new Map<string, Member>()
  readonly #turns = new Map<string, number>()
  readonly #stored = new Set<string>()
  readonly #records = new Set<string>()
  readonly #jobs: Job[] = []
  readonly #log: Operation[] = []
  #cursor = 0
  #reader: Member | undefined
  readonly #journal: JournalLine[] = []
  readonly #effects: Effect[] = []
  readonly #ticks: TickRun[] = []
  readonly #due: number[] = []
  readonly #sent = new Map<string, SentOperation>()
  readonly #faults: Fault[] = []
  readonly #phases: Phase[] = []
  readonly #places = new Map<string, number>()
  #count = 0
  #loading = true
  #secondFails = 0.05
  /** Held in an object, so that what a handler does meanwhile is seen. */
  readonly #window: { member: Member | undefined } = { member: undefined }

  constructor(seed: number, sabotage: SaboteurName | undefined) {
    this.#random = chance(seed, 1)
    this.#sabotage = sabotage
  }

  async run(kills: number): Promise<History> {
    this.#launch('web', 'web')
    for (const slot of ['worker-1', 'worker-2', 'worker-3']) this.#launch(slot, 'worker')
    await this.#phase('control', () => this.#pass(4000))
    await this.#phase('kills', async () => {
      for (let done = 0; done < kills; done += 1) {
        await this.#pass(this.#random.between(100, 300))
        this.#kill(done % 8 === 0 ? this.#alive('web')[0] : await this.#aim())
      }
      await this.#pass(leaseMs * 2)
    })
    await this.#phase('drains', async () => {
      for (let turn = 0; turn < 4; turn += 1) await this.#drain()
    })
    await this.#phase('pauses', async () => {
      this.#secondFails = 0.7
      for (let turn = 0; turn < 3; turn += 1) await this.#pause(leaseMs * 3)
      this.#secondFails = 0.05
    })
    await this.#phase('after', () => this.#pass(3000))
    this.#loading = false
    await this.#phase('settling', () => this.#pass(50_000))
    return {
      operations: [...this.#sent.values()],
      stored: this.#stored,
      journal: this.#journal,
      effects: this.#effects,
      ticks: this.#ticks,
      due: this.#due,
      deadLetters: new Set(this.#jobs.filter(({ state }) => state === 'dead').map(({ operation }) => operation.id)),
      faults: this.#faults,
      // Somebody is always there.
      presences: [{ process: 'worker-0.0', from: 0, to: Number.POSITIVE_INFINITY }],
      phases: this.#phases,
    }
  }

  async #phase(name: Phase['name'], work: () => Promise<void>): Promise<void> {
    const from = this.#clock.now()
    await work()
    this.#phases.push({ name, from, to: this.#clock.now() })
  }

  /** Lets time pass, in steps in which everybody who lives does something. */
  async #pass(ms: number): Promise<void> {
    for (const end = this.#clock.now() + ms; this.#clock.now() < end; ) {
      if (this.#loading) this.#send()
      for (const member of this.#alive('worker')) this.#work(member)
      const now = this.#clock.now()
      if (this.#loading && now % 1000 === 0) this.#tick(now)
      await this.#clock.advance(stepMs)
    }
  }

  #alive(role: Member['role']): readonly Member[] {
    return [...this.#members.values()].filter((member) => member.role === role && member.alive)
  }

  #launch(slot: string, role: Member['role']): void {
    const turn = (this.#turns.get(slot) ?? 0) + 1
    this.#turns.set(slot, turn)
    const member: Member = {
      name: `${slot}.${turn}`,
      role,
      alive: true,
      draining: false,
      busy: 0,
      paused: undefined,
      pausedAt: 0,
      handlers: undefined as unknown as ProbeHandlers<Tx>, // made of the member itself in the next line
    }
    member.handlers = sabotaged(this.#sabotage, this.#world(member))
    this.#members.set(slot, member)
  }

  /** Nothing that a killed process waits for ever comes; one that stands still goes on later. */
  async #gate(member: Member): Promise<void> {
    while (member.paused !== undefined) await member.paused.promise
    if (!member.alive) await new Promise(() => undefined)
  }

  #world(member: Member): ProbeWorld<Tx> {
    const write = async (work: () => void): Promise<void> => {
      await this.#clock.sleep(1)
      await this.#gate(member)
      work()
    }
    return {
      process: member.name,
      transaction: async (work) => {
        const tx: Tx = { writes: [] }
        const result = await work(tx)
        await write(() => {
          for (const one of tx.writes) one()
        })
        return result
      },
      store: async (tx, { id }) => void tx.writes.push(() => this.#stored.add(id)),
      addJob: async (tx, operation) =>
        void tx.writes.push(() =>
          this.#jobs.push({ operation, attempt: 0, state: 'ready', readyAt: 0, owner: undefined }),
        ),
      emit: async (tx, operation) => void tx.writes.push(() => this.#log.push(operation)),
      once: async (tx, key, work) => {
        if (this.#records.has(key)) return
        const before = tx.writes.length
        await work()
        const own = tx.writes.splice(before)
        tx.writes.push(() => {
          // The record is unique: of two that are under way at once, one has the effect.
          if (this.#records.has(key)) return
          this.#records.add(key)
          for (const one of own) one()
        })
      },
      effect: async (tx, { id, kind }) =>
        void tx.writes.push(() =>
          this.#effects.push({
            at: this.#clock.now(),
            position: this.#effects.length,
            process: member.name,
            operation: id,
            kind,
          }),
        ),
      journal: (line) => write(() => void this.#journal.push({ ...line, at: this.#clock.now(), process: member.name })),
      tick: (tick) => write(() => void this.#ticks.push({ at: this.#clock.now(), process: member.name, tick })),
      isStored: async (id) => this.#stored.has(id),
      hasReturned: async (id) => this.#journal.some(({ operation, step }) => operation === id && step === 'returned'),
      pause: async (ms) => {
        await this.#clock.sleep(ms)
        await this.#gate(member)
      },
      inWindow: () => {
        this.#window.member = member
      },
      draining: () => member.draining,
    }
  }

  #send(): void {
    const [web] = this.#alive('web')
    if (web === undefined) return
    this.#count += 1
    const key = `${this.#count % 5}`
    const place = (this.#places.get(key) ?? 0) + 1
    this.#places.set(key, place)
    const share = this.#random.next()
    const kind = share < 0.5 ? 'job' : share < 0.9 ? 'event' : 'change'
    const id = `o-${this.#count}`
    const stays = this.#random.next() < (kind === 'job' ? 0.7 : 0.2)
    const pauseMs = stays ? this.#random.between(20, kind === 'job' ? 300 : 60) : 0
    const operation: Operation = { id, kind, plan: this.#plan(kind), key: `${web.name} ${key}`, place, pauseMs }
    const sentAt = this.#clock.now()
    const settle = (answer: SentOperation['answer']): void => {
      this.#sent.set(id, { ...operation, sentAt, answer, answeredAt: this.#clock.now(), fault: undefined })
    }
    settle('unknown')
    web.handlers.change(operation).then(
      () => settle('done'),
      (error: unknown) => settle(error instanceof PlannedRollback ? 'refused' : 'unknown'),
    )
  }

  #plan(kind: Operation['kind']): Operation['plan'] {
    const share = this.#random.next()
    if (share < 0.08) return 'rollback'
    if (kind !== 'job') return 'plain'
    if (share < 0.14) return 'first-fails'
    if (share < 0.17) return 'poison'
    return share < 0.17 + this.#secondFails ? 'second-fails' : 'plain'
  }

  #work(member: Member): void {
    if (member.paused !== undefined || member.draining) return
    this.#read(member)
    const job = this.#claimable()
    if (job === undefined || member.busy >= 4) return
    job.attempt += 1
    job.state = 'running'
    job.owner = member
    member.busy += 1
    const { attempt } = job
    const settle = async (good: boolean): Promise<void> => {
      await this.#gate(member)
      member.busy -= 1
      // The fence: an attempt that was given up settles nothing.
      if (job.attempt !== attempt || job.state !== 'running') return
      const most = job.operation.plan === 'poison' ? poisonAttempts : 50
      if (good) job.state = 'done'
      else {
        job.state = attempt >= most ? 'dead' : 'ready'
        job.readyAt = this.#clock.now() + 200
      }
    }
    member.handlers.job(job.operation, attempt).then(
      () => settle(true),
      () => settle(false),
    )
  }

  #claimable(): Job | undefined {
    const now = this.#clock.now()
    return this.#jobs.find(
      ({ state, readyAt, owner }) =>
        (state === 'ready' && readyAt <= now) || (state === 'running' && owner !== undefined && this.#gone(owner)),
    )
  }

  #gone(member: Member): boolean {
    const since = this.#clock.now() - member.pausedAt
    return (!member.alive || member.paused !== undefined) && since > leaseMs
  }

  #read(member: Member): void {
    const operation = this.#log[this.#cursor]
    if (operation === undefined || (this.#reader !== undefined && !this.#gone(this.#reader))) return
    this.#reader = member
    const cursor = this.#cursor
    void member.handlers.event(operation, 1).then(async () => {
      await this.#gate(member)
      if (this.#reader !== member) return
      this.#cursor = cursor + 1
      this.#reader = undefined
      if (!member.draining) this.#read(member)
    })
  }

  #tick(now: number): void {
    const member = this.#alive('worker').find(({ paused, draining }) => paused === undefined && !draining)
    if (member === undefined) return
    this.#due.push(now)
    void member.handlers.tick(now, 1)
  }

  async #aim(): Promise<Member | undefined> {
    const window = this.#window
    window.member = undefined
    for (let waited = 0; waited < 1000 && window.member === undefined; waited += stepMs) await this.#pass(stepMs)
    const { member } = { ...window }
    return member?.alive === true ? member : this.#alive('worker')[0]
  }

  #kill(member: Member | undefined): void {
    if (member === undefined) return
    const now = this.#clock.now()
    member.alive = false
    member.pausedAt = now
    this.#faults.push({ kind: 'kill', target: member.name, from: now, to: now })
    this.#launch(member.name.slice(0, member.name.lastIndexOf('.')), member.role)
  }

  async #drain(): Promise<void> {
    const member = await this.#aim()
    if (member === undefined) return
    const from = this.#clock.now()
    member.draining = true
    await this.#pass(1000)
    member.alive = false
    member.pausedAt = this.#clock.now()
    this.#faults.push({ kind: 'drain', target: member.name, from, to: this.#clock.now() })
    this.#launch(member.name.slice(0, member.name.lastIndexOf('.')), member.role)
    await this.#pass(500)
  }

  async #pause(ms: number): Promise<void> {
    const member = await this.#aim()
    if (member === undefined) return
    const from = this.#clock.now()
    member.pausedAt = from
    member.paused = Promise.withResolvers<void>()
    await this.#pass(ms)
    const { paused } = member
    member.paused = undefined
    paused.resolve()
    this.#faults.push({ kind: 'pause', target: member.name, from, to: this.#clock.now() })
    await this.#pass(1000)
  }
}
