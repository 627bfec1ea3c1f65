// A process of the drill: tracks, flushes and says what was acknowledged, until it is killed.
import { openDataSource } from '../data/data-source.ts'
import { defineEvent } from './define-event.ts'
import { openAnalytics } from './open-analytics.ts'

const [url = '', first = '0'] = process.argv.slice(2)
const event = defineEvent({ name: 'killed', dimensions: { number: 'int' } })
const data = openDataSource({ url, poolSize: 2 })
const analytics = openAnalytics({ data, events: [event], batchSize: 20, maintainEveryMs: 0 })
for (let number = Number(first); ; ) {
  for (let n = 0; n < 70; n += 1) await analytics.track(event, { dimensions: { number: number++ } })
  await analytics.flush()
  process.stdout.write(`${number}\n`)
}
