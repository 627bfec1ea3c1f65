// Writes log lines in a process of its own, and ends in the way that it is told.
import { createLog } from '../work/log.ts'
import { startTelemetry } from './start-telemetry.ts'

const telemetry = startTelemetry()
const log = createLog('fixture', () => undefined)
for (let line = 0; line < 1000; line += 1) log.info(`line ${line}`)
const [, , way] = process.argv
if (way === 'exit') process.exit(3)
if (way === 'throw') throw new Error('nobody catches this')
if (way === 'stop') telemetry.stop()
if (way === 'live') setTimeout(() => undefined, 60_000)
