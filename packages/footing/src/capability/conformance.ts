// What every capability of an application keeps to, whatever it is for; each case starts a whole application.
import assert from 'node:assert/strict'
import { isFootingError } from '@footing/kernel'
import type { RunningProcess } from './running-process.ts'

/** How an application with the capability is started. */
export interface CapabilityUnderTest {
  /** Name of the capability. */
  readonly name: string
  /** Settings that it needs, of values that work. */
  readonly env: Readonly<Record<string, string>>
  /** Starts an application whose one module uses it; `guarantees` are what that module demands of it. */
  start(env: Readonly<Record<string, string>>, guarantees?: readonly string[]): Promise<RunningProcess>
  /** A setting with a value that does not fit; left out where it has no setting. */
  readonly wrong?: { readonly name: string; readonly value: string }
}

/** One case: resolves when the capability keeps to it, throws an AssertionError that says how it does not. */
export interface CapabilityCase {
  readonly name: string
  run(capability: CapabilityUnderTest): Promise<void>
}

/** The cases, for a loop in the tests of a capability. */
export const capabilityConformance: readonly CapabilityCase[] = [
  {
    name: 'it starts and stops with the application, twice in one process',
    async run({ start, env }) {
      for (const _ of [1, 2]) await (await start(env)).stop()
    },
  },
  {
    name: 'stopping twice is stopping once',
    async run({ start, env }) {
      const running = await start(env)
      await Promise.all([running.stop(), running.stop()])
      await running.stop()
    },
  },
  {
    name: 'it says which driver it has and what that guarantees',
    async run({ name, start, env }) {
      const running = await start(env)
      try {
        const facts = running.capabilities().find((capability) => capability.name === name)
        assert.ok(facts, `${name} is not among the capabilities of the running application`)
        assert.match(facts.driver, /^[a-z][a-z0-9+-]*$/, 'the driver has a name of small letters')
        const secrets = Object.values(env).filter((value) => value.length > 12)
        for (const secret of secrets) assert.ok(!JSON.stringify(facts).includes(secret), 'facts repeat no setting')
      } finally {
        await running.stop()
      }
    },
  },
  {
    name: 'a healthy one says ok or nothing',
    async run({ name, start, env }) {
      const running = await start(env)
      try {
        assert.ok([undefined, 'ok'].includes((await running.health())[name]), 'its health is not ok')
      } finally {
        await running.stop()
      }
    },
  },
  {
    name: 'a guarantee that its driver offers is granted, one that it lacks is refused',
    async run({ name, start, env }) {
      const running = await start(env)
      const facts = running.capabilities().find((capability) => capability.name === name)
      await running.stop()
      for (const [guarantee, offered] of Object.entries(facts?.guarantees ?? {})) {
        const starting = start(env, [guarantee])
        if (offered !== false && offered !== 0) await (await starting).stop()
        else await refused(starting, 'guarantee-missing')
      }
    },
  },
  {
    name: 'a guarantee that nobody knows is refused by name',
    async run({ start, env }) {
      // createApp refuses it already, before anything starts.
      await refused(
        Promise.resolve().then(() => start(env, ['moon-phase'])),
        'guarantee-unknown',
      )
    },
  },
  {
    name: 'a setting that does not fit is told with its name, and without its value where it is secret',
    async run({ start, env, wrong }) {
      if (wrong === undefined) return
      const error = await refused(start({ ...env, [wrong.name]: wrong.value }), 'settings-invalid')
      assert.ok(error.message.includes(wrong.name), 'the fault names the variable')
    },
  },
]

async function refused(starting: Promise<RunningProcess>, code: string): Promise<Error> {
  const started = await starting.then(
    (running) => running,
    (error: unknown) => error,
  )
  if (isFootingError(started, code)) return started
  if (typeof started === 'object' && started !== null && 'stop' in started) await (await starting).stop()
  throw new assert.AssertionError({ message: `expected ${code}, got ${String(started)}` })
}
