// Runs the module that SERVE_MODULES names in a process of its own. Prints its port once it listens.
import { stopOnSignals } from '../app/stop-on-signals.ts'
import { app } from './shop.fixture.ts'

const running = await app.start({ host: '127.0.0.1' })
stopOnSignals(running)
process.stdout.write(`${running.port}\n`)
