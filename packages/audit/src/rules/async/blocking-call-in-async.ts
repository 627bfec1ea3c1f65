// Finds network calls, DNS look-ups, sleeps and child processes that block the event loop inside an async function.
import type { Rule } from '../rule.ts'
import type { BlockingSite } from './blocking-sites.ts'
import { reachedBy, siteDetections } from './site-detections.ts'

const ADVICE: Readonly<Partial<Record<BlockingSite['effect'], string>>> = {
  network:
    'Use an async client (`httpx.AsyncClient`, `redis.asyncio`, `aiosmtplib`), or hand the call to `asyncio.to_thread`.',
  dns: 'Use `await asyncio.get_running_loop().getaddrinfo(…)`.',
  sleep: 'Use `await asyncio.sleep(…)`.',
  process: 'Use `asyncio.create_subprocess_exec`, or hand the call to `asyncio.to_thread`.',
}
const WAITS: Readonly<Partial<Record<BlockingSite['effect'], string>>> = {
  network: 'waits for the network',
  dns: 'waits for a name server',
  sleep: 'puts the thread to sleep',
  process: 'waits for another process',
}

/** async/blocking-call-in-async. */
export const rule: Rule = {
  id: 'async/blocking-call-in-async',
  decision: 'async',
  severity: 'high',
  effort: { minutes: 20, per: 'site' },
  trial: false,
  summary:
    'A call that waits for the network, a process or a clock stands in an async function and stops its event loop.',
  run: (context) =>
    siteDetections(context, {
      family: 'call',
      message: (site, name, routes) => ({
        what: `\`${name}\` is async and calls \`${site.name}\`, which ${WAITS[site.effect] ?? 'waits'}.`,
        why: `Every other request of the same worker stands still until it returns.${reachedBy(routes)}`,
        do: ADVICE[site.effect] ?? 'Hand the call to `asyncio.to_thread`.',
      }),
    }),
}
