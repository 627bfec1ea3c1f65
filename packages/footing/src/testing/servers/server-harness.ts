// Hands out test servers: the process that owns the test run starts each on first demand and stops them all at its end.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isFootingError } from '@footing/kernel'
import { startEmbeddedPostgres } from '../../servers/embedded/embedded-postgres.ts'
import { startTestPgBouncer } from './pgbouncer.ts'
import { startRedis } from './redis.ts'
import { startS3 } from './s3.ts'
import { ensurePrograms, testPrograms } from './system-packages.ts'

/** Servers that can be asked for. */
export type ServerName = 'postgres' | 'pgbouncer' | 'redis' | 's3'

/** How the desk works. */
export interface ServerHarnessOptions {
  /** Files whose dependencies hold the PostgreSQL package. */
  readonly resolveFrom: readonly string[]
  /** Told what takes time. */
  readonly log: (line: string) => void
}

/** An open desk. */
export interface ServerHarness {
  /** Where test files ask; the value of FOOTING_TEST_SERVERS. */
  readonly url: string
  /** Starts a server unless it runs; its connection URL. */
  ask(server: ServerName): Promise<string>
  /** Stops what it started. Safe to call twice. */
  close(): Promise<void>
}

interface Running {
  readonly url: string
  stop(): Promise<void>
}

/** Opens the desk; no server is started yet. */
export async function openServerHarness(options: ServerHarnessOptions): Promise<ServerHarness> {
  // One folder for each server and none around them: a killed run leaves nothing, because each guard removes its own.
  const folder = join(tmpdir(), `footing-test-${process.pid}-${randomBytes(4).toString('hex')}`)
  const started = new Map<ServerName, Promise<Running>>()
  const order: Running[] = []
  // All missing packages are installed together: one round of the package manager is slow enough.
  let programs: ReturnType<typeof ensurePrograms> | undefined
  const programPath = async (program: string): Promise<string> => {
    programs ??= ensurePrograms(testPrograms, options.log)
    return (await programs).get(program) ?? program
  }
  const begin = async (server: ServerName): Promise<Running> => {
    const running = await starters[server]({ folder, resolveFrom: options.resolveFrom, programPath, ask })
    order.push(running)
    return running
  }
  const ask = async (server: ServerName): Promise<string> => {
    const known = started.get(server) ?? begin(server)
    started.set(server, known)
    return (await known).url
  }

  const secret = randomBytes(12).toString('hex')
  const http = createServer((request, response) => {
    const server = request.url?.slice(secret.length + 2)
    const answer = request.url?.startsWith(`/${secret}/`) === true && isServerName(server) ? ask(server) : undefined
    if (answer === undefined) {
      response.writeHead(404).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    answer.then(
      (url) => response.end(JSON.stringify({ url })),
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: wordsOf(error) })),
    )
  })
  await new Promise<void>((resolve) => http.listen({ port: 0, host: '127.0.0.1' }, resolve))
  http.unref()
  const address = http.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  let closing: Promise<void> | undefined
  const shut = async (): Promise<void> => {
    http.close()
    http.closeAllConnections()
    await Promise.allSettled(started.values())
    for (const running of order.toReversed()) await running.stop()
  }
  return {
    url: `http://127.0.0.1:${port}/${secret}/`,
    ask,
    close: () => {
      closing ??= shut()
      return closing
    },
  }
}

interface StartContext {
  readonly folder: string
  readonly resolveFrom: readonly string[]
  readonly programPath: (program: string) => Promise<string>
  readonly ask: (server: ServerName) => Promise<string>
}

// Nothing survives the run, so nothing has to survive a power cut.
const careless = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' }

const starters: Readonly<Record<ServerName, (context: StartContext) => Promise<Running>>> = {
  postgres: ({ folder, resolveFrom }) =>
    startEmbeddedPostgres({ folder: `${folder}-postgres`, resolveFrom, settings: careless, temporary: true }),
  pgbouncer: async ({ folder, programPath, ask }) => {
    const [serverUrl, program] = await Promise.all([ask('postgres'), programPath('pgbouncer')])
    const pooler = await startTestPgBouncer(program, serverUrl, `${folder}-pgbouncer`)
    return { url: pooler.urlFor(serverUrl), stop: () => pooler.stop() }
  },
  redis: async ({ folder, programPath }) => startRedis(await programPath('redis-server'), `${folder}-redis`),
  s3: startS3,
}

function isServerName(name: string | undefined): name is ServerName {
  return name !== undefined && Object.hasOwn(starters, name)
}

function wordsOf(error: unknown): string {
  if (isFootingError(error)) return error.message
  return error instanceof Error ? error.message : String(error)
}
