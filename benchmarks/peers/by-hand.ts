// The example's routes written by hand, as a server of the comparison: on the port and the database of the environment.
import { startByHand } from '../conduit-by-hand.ts'

const { DATABASE_URL = '', TOKEN_SECRET = '', PORT = '0' } = process.env
await startByHand(DATABASE_URL, TOKEN_SECRET, { prepared: true, port: Number(PORT) })
