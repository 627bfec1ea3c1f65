// The example as `footing start` runs it, without access log and metrics: what those two cost is the difference.
import { app } from '../../examples/conduit/src/app.ts'

await app.start({ env: process.env, profile: 'production', host: '127.0.0.1' })
