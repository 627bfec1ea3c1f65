// The planted faults themselves: each wraps the work of the probe and what it stands on, as a driver that is wrong would behave.

import type { Operation } from '../judge/history.ts'
import type { SaboteurName } from '../judge/saboteur-names.ts'
import { PlannedRollback, type ProbeHandlers, type ProbeWorld, poisonAttempts, probeHandlers } from '../probe/probe.ts'

type Plant = <Tx>(world: ProbeWorld<Tx>) => ProbeHandlers<Tx>

/** How long a planted fault holds something back, so that it can be met. */
const heldMs = 150

const plants: Readonly<Record<SaboteurName, Plant>> = {
  'answer-before-commit': (world) => {
    const right = probeHandlers(world)
    return {
      ...right,
      async change(operation) {
        if (operation.plan === 'rollback') return right.change(operation)
        void world.pause(heldMs).then(() => right.change(operation).catch(() => undefined))
      },
    }
  },
  'acknowledge-before-commit': (world) => {
    const right = probeHandlers(world)
    return {
      ...right,
      async job(operation, attempt) {
        if (operation.plan !== 'plain') return right.job(operation, attempt)
        const slow = {
          ...world,
          once: async (...args: Parameters<typeof world.once>) => {
            await world.pause(heldMs)
            return world.once(...args)
          },
        }
        void probeHandlers(slow)
          .job(operation, attempt)
          .catch(() => undefined)
      },
    }
  },
  'lose-one-in-500': (world) => {
    let added = 0
    return probeHandlers({
      ...world,
      async addJob(tx, operation) {
        added += 1
        // From the first few hundred on, so that a short drill meets it too.
        if (added % 500 !== 99) await world.addJob(tx, operation)
      },
    })
  },
  'deliver-twice': (world) => {
    const right = probeHandlers(world)
    return {
      ...right,
      async job(operation, attempt) {
        await right.job(operation, attempt)
        await right.job(operation, attempt)
      },
    }
  },
  'deliver-before-commit': (world) =>
    probeHandlers({
      ...world,
      async addJob(tx, operation) {
        if (operation.plan !== 'plain') return world.addJob(tx, operation)
        await world.transaction((other) => world.addJob(other, operation))
        await world.pause(heldMs * 4)
      },
    }),
  'forget-a-rollback': (world) => {
    const right = probeHandlers(world)
    return {
      ...right,
      async change(operation) {
        try {
          await right.change(operation)
        } catch (error) {
          if (error instanceof PlannedRollback && operation.kind === 'event') {
            await world.transaction((tx) => world.emit(tx, operation))
          }
          throw error
        }
      },
    }
  },
  'forget-a-retry': (world) => swallowing(world, () => true),
  'swallow-the-dead-letter': (world) =>
    swallowing(world, ({ plan }, attempt) => plan === 'poison' && attempt >= poisonAttempts),
  'drop-the-rest-at-drain': (world) => {
    const right = probeHandlers(world)
    return {
      ...right,
      async job(operation, attempt) {
        await world.pause(heldMs)
        if (!world.draining()) await right.job(operation, attempt)
      },
    }
  },
  'lose-on-restart': (world) =>
    probeHandlers({
      ...world,
      async emit(tx, operation) {
        if (operation.plan === 'rollback') return world.emit(tx, operation)
        void world
          .pause(heldMs * 2)
          .then(() => world.transaction((other) => world.emit(other, operation)))
          .catch(() => undefined)
      },
    }),
  reorder: (world) => {
    const held = new Map<string, Operation>()
    return probeHandlers({
      ...world,
      async emit(tx, operation) {
        const { key, plan, place } = operation
        const waiting = held.get(key)
        if (plan === 'plain' && place % 5 === 2 && waiting === undefined) {
          held.set(key, operation)
          return
        }
        await world.emit(tx, operation)
        if (plan === 'rollback' || waiting === undefined) return
        held.delete(key)
        await world.emit(tx, waiting)
      },
    })
  },
  'ignore-a-stale-attempt': (world) => {
    const right = probeHandlers(world)
    return {
      ...right,
      async job(operation, attempt) {
        try {
          await right.job(operation, attempt)
        } catch (error) {
          // The first attempt settles meanwhile, and nobody refuses it: the failure of this one is lost.
          const overtook = attempt > 1 && operation.plan === 'second-fails'
          for (let waited = 0; overtook && waited < 40_000; waited += 250) {
            if (await world.hasReturned(operation.id)) return
            await world.pause(250)
          }
          throw error
        }
      },
    }
  },
  'fire-a-tick-twice': (world) =>
    probeHandlers({
      ...world,
      async tick(tick, attempt) {
        await world.tick(tick, attempt)
        await world.tick(tick, attempt)
      },
    }),
  'skip-a-tick': (world) =>
    probeHandlers({
      ...world,
      async tick(tick, attempt) {
        // Seconds of the time that it was due, so that every process skips the same ones.
        if (Math.round(tick / 1000) % 4 !== 0) await world.tick(tick, attempt)
      },
    }),
  'forget-the-record': (world) => probeHandlers({ ...world, once: (_tx, _key, work) => work() }),
}

/** The handlers of the probe, with a fault planted when one is named. */
export function sabotaged<Tx>(name: SaboteurName | undefined, world: ProbeWorld<Tx>): ProbeHandlers<Tx> {
  return name === undefined ? probeHandlers(world) : plants[name](world)
}

/** Takes a failed attempt for a good one where `when` says so. */
function swallowing<Tx>(
  world: ProbeWorld<Tx>,
  when: (operation: Operation, attempt: number) => boolean,
): ProbeHandlers<Tx> {
  const right = probeHandlers(world)
  return {
    ...right,
    async job(operation, attempt) {
      try {
        await right.job(operation, attempt)
      } catch (error) {
        if (!when(operation, attempt)) throw error
      }
    },
  }
}
