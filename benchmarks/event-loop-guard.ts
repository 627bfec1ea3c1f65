// The event-loop guard: how many seeded stalls are named rightly, and what the guard costs when nothing stalls.
// Run: node --conditions=@footing/source benchmarks/event-loop-guard.ts [--write] [--cost measures the cost alone]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { z } from 'zod'
import { createApp, defineModule, implement, route } from '../packages/footing/src/index.ts'
import { type Stall, stallChannel, watchEventLoop } from '../packages/footing/src/loop/guard/index.ts'
import { asHandler, blocks, lasts, places } from '../packages/footing/src/loop/guard/stalls.fixture.ts'

const self = fileURLToPath(import.meta.url)
const rounds = 3
const blockMs = 55
const idleTurns = 3
const loadTurns = 7
const costHeading = '## Cost while nothing stalls'
/** Seeds that nobody saw and that, timed again, last less than 50 ms: they are no stalls and are not counted. */
let tooShort = 0

if (process.argv[2] === 'serve') await serve(process.argv[3] === 'guarded')
else if (process.argv[2] === 'route') await serveRoute(process.argv[3] === 'guarded')
else if (process.argv[2] === 'idle') await idle(process.argv[3] === 'guarded')
else await run()

async function run(): Promise<void> {
  const page = new URL('./event-loop-guard.md', import.meta.url)
  const known = process.argv.includes('--cost') ? await readFile(page, 'utf8') : undefined
  const stalls = known?.slice(0, known.indexOf(costHeading)) ?? stallSection(await seededStalls())
  const text =
    stalls + costSection(await compareIdle(), await compareThroughput('serve'), await compareThroughput('route'))
  process.stdout.write(text)
  if (process.argv.includes('--write')) await writeFile(page, text)
}

interface Tally {
  seeded: number
  right: number
  wrong: number
  unnamed: number
  unseen: number
  framed: number
  slowest: number
}

async function seededStalls(): Promise<ReadonlyMap<string, Tally>> {
  const guard = watchEventLoop({ samplesPerMinute: 6000 })
  const seen: Stall[] = []
  // The channel carries exactly this.
  const onStall = (stall: unknown) => seen.push(stall as Stall)
  const kinds = blocks(blockMs)
  await guard.watching
  await pause(500)
  stallChannel.subscribe(onStall)
  const tallies = new Map<string, Tally>()
  for (let round = 0; round < rounds; round++) {
    for (const [kind, block] of Object.entries(kinds)) {
      for (const [place, stall] of Object.entries(places)) {
        seen.length = 0
        const wanted = await stall(`GET /${kind}/${place}`, block)
        await pause(300)
        if (seen.length === 0 && !lasts(block, 50)) {
          tooShort++
          continue
        }
        count(tallies, place, wanted, seen)
        count(tallies, kind, wanted, seen)
      }
    }
  }
  stallChannel.unsubscribe(onStall)
  await guard.stop()
  return tallies
}

function count(tallies: Map<string, Tally>, key: string, wanted: string, seen: readonly Stall[]): void {
  const tally = tallies.get(key) ?? { seeded: 0, right: 0, wrong: 0, unnamed: 0, unseen: 0, framed: 0, slowest: 0 }
  tallies.set(key, tally)
  const stall = seen.toSorted((left, right) => right.durationMs - left.durationMs)[0]
  tally.seeded++
  if (stall === undefined) tally.unseen++
  else if (stall.handler === wanted) tally.right++
  else if (stall.handler === undefined) tally.unnamed++
  else tally.wrong++
  if (stall?.frame?.file.endsWith('stalls.fixture.ts')) tally.framed++
  tally.slowest = Math.max(tally.slowest, stall?.durationMs ?? 0)
}

/** A process that does nothing, with and without the guard: processor time over the same stretch. */
async function compareIdle(): Promise<readonly [bare: number, guarded: number]> {
  const shares: [number[], number[]] = [[], []]
  for (let turn = 0; turn < idleTurns; turn++) {
    for (const [index, mode] of ['bare', 'guarded'].entries()) shares[index]?.push(await ask('idle', mode))
  }
  return [median(shares[0]), median(shares[1])]
}

async function idle(guarded: boolean): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1')
  const guard = guarded ? watchEventLoop() : undefined
  await guard?.watching
  await pause(2000)
  const before = process.cpuUsage()
  await pause(5000)
  const { user, system } = process.cpuUsage(before)
  await guard?.stop()
  server.close()
  process.send?.((user + system) / 1e6 / 5)
  process.disconnect()
}

interface Throughput {
  readonly bare: number
  readonly guarded: number
  /** Of each pair of turns, least first. */
  readonly differences: readonly number[]
}

/** Requests per second of processor time of a server whose handlers run in contexts, interleaved. */
async function compareThroughput(task: string): Promise<Throughput> {
  const rates: [number[], number[]] = [[], []]
  for (let turn = 0; turn < loadTurns; turn++) {
    // The order changes, so that whatever drifts meets both alike.
    const modes = turn % 2 === 0 ? ['bare', 'guarded'] : ['guarded', 'bare']
    for (const mode of modes) rates[mode === 'bare' ? 0 : 1].push(await ask(task, mode))
  }
  const differences = rates[0].map((bare, turn) => (rates[1][turn] ?? 0) / bare - 1).toSorted((a, b) => a - b)
  return { bare: median(rates[0]), guarded: median(rates[1]), differences }
}

async function serve(guarded: boolean): Promise<void> {
  const guard = guarded ? watchEventLoop() : undefined
  await guard?.watching
  const body = JSON.stringify({ title: 'A title', text: 'word '.repeat(40) })
  const server = createServer((_request, response) => {
    asHandler('GET /', async () => {
      await Promise.resolve()
      response.end(body)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  await answerUsage(url)
  server.closeAllConnections()
  server.close()
  await guard?.stop()
}

/** A route with a checked parameter and a checked answer, as an application in production has it. */
async function serveRoute(guarded: boolean): Promise<void> {
  const shop = defineModule('shop', { owner: '@acme/shop' })
  const item = route({
    method: 'GET',
    path: '/items/:id',
    auth: 'none',
    params: z.object({ id: z.string().min(1).max(64) }),
    out: z.object({ id: z.string(), title: z.string(), text: z.string() }),
    handle: async ({ params: { id } }) => ({ id, title: 'A title', text: 'word '.repeat(40) }),
  })
  const app = createApp({ name: 'shop', modules: [implement(shop, () => ({ port: {}, routes: [item] }))] })
  const env = { EVENT_LOOP_GUARD: guarded ? 'name' : 'off', DRAIN_DELAY_MS: '0', HOST: '127.0.0.1', PORT: '0' }
  const running = await app.start({ env, profile: 'production' })
  await answerUsage(`${running.url}/v1/items/7`)
  await running.stop()
}

/** Tells its address, then its processor time whenever it is asked, until it is told to end. */
async function answerUsage(url: string): Promise<void> {
  process.send?.(url)
  process.on('message', (message) => {
    if (message === 'usage') process.send?.(process.cpuUsage())
    else process.disconnect()
  })
  await once(process, 'disconnect')
}

async function ask(task: string, mode: string): Promise<number> {
  const child = fork(self, [task, mode], { execArgv: ['--conditions=@footing/source'] })
  const gone = once(child, 'exit')
  const [first] = await once(child, 'message')
  if (task === 'idle') {
    await gone
    return first
  }
  await autocannon({ url: first, connections: 16, duration: 1 })
  const before = await usage(child)
  const { requests, non2xx } = await autocannon({ url: first, connections: 16, duration: 2.5 })
  if (non2xx > 0) throw new Error(`${first} refused ${non2xx} requests.`)
  const spent = (await usage(child)) - before
  child.send('end')
  await gone
  return requests.total / spent
}

async function usage(child: ReturnType<typeof fork>): Promise<number> {
  child.send('usage')
  const [{ user, system }] = await once(child, 'message')
  return (user + system) / 1e6
}

function stallSection(stalls: ReadonlyMap<string, Tally>): string {
  const all = [...Object.keys(places)].map((place) => stalls.get(place)).filter((tally) => tally !== undefined)
  const sum = (key: keyof Tally) => all.reduce((total, tally) => total + tally[key], 0)
  const row = (name: string, tally: Tally) =>
    `| ${name} | ${tally.seeded} | ${tally.right} | ${tally.wrong} | ${tally.unnamed} | ${tally.unseen} | ${tally.framed} | ${Math.round(tally.slowest)} |`
  const share = sum('right') / sum('seeded')
  return [
    '# The event-loop guard',
    '',
    'Written by `node --conditions=@footing/source benchmarks/event-loop-guard.ts --write`.',
    `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model.trim()}), shared with other work.`,
    '',
    '## Seeded stalls',
    '',
    `${sum('seeded')} stalls of ${blockMs} ms and more: thirteen ways to block at eight places in a handler, ${rounds} times each; ${tooShort} that turned out shorter are not counted.`,
    `**The right handler was named in ${percent(share)}**, a wrong one in ${sum('wrong')}, none in ${sum('unnamed')}; ${sum('unseen')} stalls were not seen.`,
    `The function in the application's own file was named in ${percent(sum('framed') / sum('seeded'))}.`,
    '',
    '| place or way | seeded | right | wrong | unnamed | unseen | frame named | longest, ms |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...[...stalls].map(([name, tally]) => row(name, tally)),
    '',
    'Each way appears at each place: the rows of places and those of ways count the same stalls.',
    '',
    '',
  ].join('\n')
}

function costSection(
  [idleBare, idleGuarded]: readonly [number, number],
  bare: Throughput,
  checked: Throughput,
): string {
  const row = (name: string, { bare, guarded, differences }: Throughput) =>
    `| ${name} | ${Math.round(bare)} | ${Math.round(guarded)} | ${percent(guarded / bare - 1)}; pairs: median ${percent(median(differences))}, ${percent(differences[0] ?? 0)} to ${percent(differences.at(-1) ?? 0)} |`
  return [
    costHeading,
    '',
    'Of the mode `name`, the default in development. In production the guard only measures; what that adds to a piece of work is in',
    '[always-on.md](always-on.md).',
    '',
    '| | without | with the guard | difference |',
    '| --- | --- | --- | --- |',
    `| processor share of an idle process, median of ${idleTurns} | ${percent(idleBare)} | ${percent(idleGuarded)} | ${percent(idleGuarded - idleBare)} of one core |`,
    row(`bare requests per second of processor time, median of ${loadTurns}`, bare),
    row(`the same of a route with checked input and answer, median of ${loadTurns}`, checked),
    '',
    'Target: below 1 %. Idle meets it, these requests do not. Processor time is that of all threads. Turns with and without alternate, each in a',
    'process of its own. The bare requests are `node:http` with one context each, without validation or routing: the least work',
    'that the cost could hide behind. Where the pairs spread wider than the difference, the machine was too busy to tell.',
    'Without work the beat and the look come four times a second. With work the beat comes 67 times a second, and the watchdog',
    'looks when that beat could be overdue, about 45 times.',
    '',
  ].join('\n')
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
