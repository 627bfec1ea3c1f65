// Finds network calls, DNS look-ups, sleeps and child processes that block the event loop inside an async function.
import type { LanguageName } from '../../facts/language-name.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import type { BlockingSite } from './blocking-sites.ts'
import { reachedBy, siteDetections, standsOnLoop } from './site-detections.ts'

type Advice = Readonly<Partial<Record<BlockingSite['effect'], string>>>

const PYTHON: Advice = {
  network:
    'Use an async client (`httpx.AsyncClient`, `redis.asyncio`, `aiosmtplib`), or hand the call to `asyncio.to_thread`.',
  dns: 'Use `await asyncio.get_running_loop().getaddrinfo(…)`.',
  sleep: 'Use `await asyncio.sleep(…)`.',
  process: 'Use `asyncio.create_subprocess_exec`, or hand the call to `asyncio.to_thread`.',
}
const TYPESCRIPT: Advice = {
  network: 'Use a client that gives a promise, such as `fetch`.',
  sleep: 'Use `await setTimeout(…)` of `node:timers/promises`.',
  process: 'Use the form that gives a promise or calls back (`execFile`, `spawn`), and wait for its end with `await`.',
}
const ADVICE: Readonly<Record<LanguageName, Advice>> = { python: PYTHON, typescript: TYPESCRIPT }
const OTHERWISE: Readonly<Record<LanguageName, string>> = {
  python: 'Hand the call to `asyncio.to_thread`.',
  typescript: 'Hand the call to a worker thread.',
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
  assures: { says: 'no function on the event loop waits by a call that blocks', from: 20 },
  judges: { python: judge, typescript: judge },
}

function judge(context: RuleContext): RuleResult {
  return siteDetections(context, {
    family: 'call',
    message: (site, name, routes, language) => ({
      what: `\`${name}\` ${standsOnLoop(language)} and calls \`${site.name}\`, which ${WAITS[site.effect] ?? 'waits'}.`,
      why: `Every other request of the same worker stands still until it returns.${reachedBy(routes)}`,
      do: ADVICE[language][site.effect] ?? OTHERWISE[language],
    }),
  })
}
