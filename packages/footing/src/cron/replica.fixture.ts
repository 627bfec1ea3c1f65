// A replica of the test: runs a tick each second, and records each run; it may be killed at any moment.
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { systemClock } from '@footing/kernel'
import { createApp } from '../app/create-app.ts'
import { defineModule } from '../module/define-module.ts'
import { type Implementation, implement } from '../module/implement.ts'
import { op } from '../module/operation.ts'
import { cron, schedule } from './use-cron.ts'

const shop = defineModule('shop', {
  owner: '@a',
  port: { close: op({}) },
  uses: [
    cron({
      beat: schedule({ at: '* * * * * *', overlap: 'allow', catchUp: { within: '1h' }, attempts: 20 }),
      closing: schedule({ at: '0 0 29 2 *', call: 'close' }),
    }),
  ],
})

const skewMs = Number(process.env.SKEW_MS ?? 0)

/** The clock of the machine, as wrong as the test wants it. */
const clock = { ...systemClock, now: () => Date.now() + skewMs }

/** The application; other tests run its module in another process. */
export const app = createApp({
  name: 'shop',
  modules: [
    implement(shop, (kit): Implementation<typeof shop> => {
      const record = (tick: number, attempt: number) =>
        kit
          .database()
          .query('insert into public.run (tick, attempt, pid, shown) values ($1, $2, $3, $4)', [
            new Date(tick).toISOString(),
            attempt,
            process.pid,
            new Date(clock.now()).toISOString(),
          ])
      return {
        port: { close: async () => void (await record(0, 0)) },
        cron: {
          beat: async ({ at, attempt }) => {
            await record(at, attempt)
            await delay(300)
            await kit
              .database()
              .query('update public.run set ended = clock_timestamp() where tick = $1 and attempt = $2', [
                new Date(at).toISOString(),
                attempt,
              ])
          },
        },
      }
    }),
  ],
})

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await app.start({ profile: 'test', role: 'worker', clock, env: { DATABASE_URL: process.env.DATABASE_URL ?? '' } })
  process.stdout.write(`${process.pid}\n`)
  // Without a port nothing else keeps a worker of a test alive.
  setInterval(() => undefined, 60_000)
}
