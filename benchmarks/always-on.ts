// What a request pays for that nobody asked for: context, deadline, ids, histograms, metrics, access line. Each alone, in
// processor time of this process, so that a busy machine disturbs it little.
// Run: node --conditions=@footing/source benchmarks/always-on.ts [--write] >/dev/null (the access lines go to stdout)
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { systemClock } from '@footing/kernel'
import { queryChannel } from '../packages/footing/src/data/work-scope.ts'
import { type RequestRecord, requestChannel } from '../packages/footing/src/http/mount-route.ts'
import { watchEventLoop } from '../packages/footing/src/loop/guard/index.ts'
import { callChannel } from '../packages/footing/src/module/port-call.ts'
import { startTelemetry } from '../packages/footing/src/telemetry/start-telemetry.ts'
import { CallContext, newOrigin, runInContext } from '../packages/footing/src/work/call-context.ts'
import { DeadlineWheel } from '../packages/footing/src/work/deadline-wheel.ts'
import { LatencyHistogram } from '../packages/footing/src/work/latency-histogram.ts'
import { runWork } from '../packages/footing/src/work/run-work.ts'
import { randomHex } from '../packages/footing/src/work/trace-ids.ts'

const rounds = 7
const times = 50_000

interface Cost {
  readonly name: string
  readonly work: () => unknown
}

const wheel = new DeadlineWheel(systemClock)
const environment = { clock: systemClock, wheel, checked: false }
const histogram = new LatencyHistogram()
const nothing = async () => undefined
let kept: CallContext | undefined

function newContext(): CallContext {
  const now = systemClock.monotonic()
  return new CallContext(systemClock, undefined, newOrigin(), 'content', 'GET /api/articles/{slug}', now, now + 10_000)
}

const context = newContext()
const request: RequestRecord = {
  method: 'GET',
  route: '/api/articles/{slug}',
  module: 'content',
  status: 200,
  durationMs: 1.23,
  requestId: randomHex(16),
  traceId: randomHex(16),
  userId: '42',
  code: undefined,
  bytes: 1842,
  hungUp: false,
}
const query = { text: 'select 1', module: 'content', durationMs: 0.4, failed: false, context }
const call = { ...query, operation: 'article', caller: undefined, code: undefined, requestId: request.requestId }

const alone: readonly Cost[] = [
  { name: 'a bare call of an async function', work: nothing },
  { name: 'making a context', work: () => (kept = newContext()) },
  { name: 'entering a context (AsyncLocalStorage)', work: () => runInContext(context, nothing, undefined) },
  { name: 'a deadline on the wheel, on and off', work: () => onAndOff() },
  {
    name: 'all of a piece of work: context, deadline, entering, settling',
    work: () => runWork(environment, newContext(), nothing, undefined),
  },
  { name: 'a request id or trace id', work: () => randomHex(16) },
  { name: 'one duration in a histogram', work: () => histogram.record(1.23) },
]
const watched: readonly Cost[] = [
  { name: 'telemetry of a request: access line and metrics', work: () => requestChannel.publish(request) },
  { name: 'telemetry of a call between modules', work: () => callChannel.publish(call) },
  { name: 'telemetry of a statement', work: () => queryChannel.publish(query) },
]

function onAndOff(): void {
  wheel.add(context)
  wheel.remove(context)
}

/** Nanoseconds of processor time for one, the awaiting of its promise included. */
async function measure({ work }: Cost): Promise<number> {
  const before = process.cpuUsage()
  for (let time = 0; time < times; time += 1) {
    await work()
    // What was gathered has to get out, as in a server.
    if (time % 100 === 0) await new Promise(setImmediate)
  }
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / times
}

async function medians(costs: readonly Cost[]): Promise<readonly (readonly [string, number])[]> {
  const taken = new Map<string, number[]>(costs.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round += 1) {
    for (const cost of costs) {
      const found = await measure(cost)
      if (round > 0) taken.get(cost.name)?.push(found)
    }
  }
  return [...taken].map(([name, values]) => [name, values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0] as const)
}

const piece = (name: string): Cost => ({ name, work: () => runWork(environment, newContext(), nothing, undefined) })

const plain = await medians(alone)
const measuring = watchEventLoop({ name: false })
const measured = await medians([piece('the same under the guard that measures, the default in production')])
await measuring.stop()
const naming = watchEventLoop()
await naming.watching
const named = await medians([piece('the same under the guard that names, the default in development')])
await naming.stop()
const telemetry = startTelemetry()
const told = await medians(watched)
telemetry.stop()
const [[, waiting] = ['', 0]] = plain
const lines = [
  '# What is always on',
  '',
  'Written by `node --conditions=@footing/source benchmarks/always-on.ts --write >/dev/null`: the access lines go to stdout.',
  `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model.trim()}), load ${loadavg()[0]?.toFixed(1)}. Nanoseconds of processor time, medians of ${rounds} interleaved runs of ${times.toLocaleString('en')}.`,
  'Each row but the first has the awaiting of a promise taken off, which is the first row.',
  '',
  '| what | ns |',
  '|---|---|',
  `| ${plain[0]?.[0]} | ${waiting.toFixed(0)} |`,
  ...[...plain.slice(1), ...measured, ...named, ...told].map(
    ([name, ns]) => `| ${name} | ${Math.max(0, ns - waiting).toFixed(0)} |`,
  ),
  '',
  'A request for an article of the example pays for one piece of work at the door and one in the port, two ids, one request, one call and',
  'one statement in telemetry. The call between modules as a whole: [call.md](call.md). The same as shares of a request: [peers.md](peers.md).',
]
void kept
if (process.argv.includes('--write')) writeFileSync(new URL('./always-on.md', import.meta.url), `${lines.join('\n')}\n`)
else process.stderr.write(`${lines.join('\n')}\n`)
