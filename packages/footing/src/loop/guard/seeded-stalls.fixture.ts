// Stalls the event loop of a process of its own under the guard, and prints what the guard told.
import { subscribe } from 'node:diagnostics_channel'
import { type LogRecord, logChannel } from '../../work/log.ts'
import { type Stall, stallChannel, watchEventLoop } from './index.ts'
import { placeOf } from './stack-frame.ts'
import { asHandler, blocks, busyLoop, lasts, places } from './stalls.fixture.ts'

const mode = process.argv[2]
const lines: object[] = []
const seen: Stall[] = []
// The channels carry exactly these records.
subscribe(logChannel.name, (record) => {
  const { message, fields } = record as LogRecord
  lines.push({ message, fields })
})
subscribe(stallChannel.name, (stall) => seen.push(stall as Stall))

const budgets = new Map(
  mode === 'budget'
    ? ([
        ['GET /generous', 5000],
        ['GET /strict', 25],
      ] as const)
    : [],
)
const guard = watchEventLoop({ budgets, samplesPerMinute: mode === 'again' ? 1 : 6000 })
await guard.watching
await pause(700)
seen.length = 0
const before = guard.read().stalls
const stalls: object[] = []

if (mode === 'name' || mode === 'debugged') {
  const kinds = Object.entries(blocks(60))
  await pause(700)
  seen.length = 0
  // Each kind at two of the places, so that all meet within seconds; the benchmark has all pairs.
  const spots = Object.entries(places)
  const count = mode === 'name' ? kinds.length * 4 : kinds.length * 2
  for (let index = 0; index < count; index++) {
    const [kind, block] = kinds[index % kinds.length] ?? ['', () => undefined]
    const [place, stall] = (mode === 'debugged' ? spots.filter(([name]) => name !== 'afterTwoAwaits') : spots)[
      (index + Math.floor(index / kinds.length)) % (mode === 'debugged' ? spots.length - 1 : spots.length)
    ] ?? ['', async () => '']
    seen.length = 0
    const wanted = await stall(`GET /${kind}/${place}`, block)
    await pause(150)
    const longest = seen.toSorted((left, right) => right.durationMs - left.durationMs)[0]
    if (longest === undefined && !lasts(block, 50)) continue
    const frame = longest?.frame === undefined ? undefined : placeOf(longest.frame)
    stalls.push({ wanted, handler: longest?.handler, attribution: longest?.attribution, frame })
  }
} else {
  const rounds = mode === 'again' ? 22 : 3
  for (let round = 0; round < rounds; round++) {
    for (const label of mode === 'budget' ? ['GET /generous', 'GET /strict'] : ['GET /again']) {
      await asHandler(label, async () => {
        await pause(3)
        busyLoop(60)
      })
      await pause(60)
      stalls.push({ wanted: label })
    }
  }
}
await pause(300)
const counted = guard.read().stalls - before
await guard.stop()
process.stdout.write(
  `${JSON.stringify({ stalls, lines, reported: seen.length, counted, handlers: seen.map(({ handler }) => handler) })}\n`,
)
process.exit()

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
