// Runs the cases of analytics against ClickHouse, which is no part of this project's packages: npm run test:clickhouse
// Other words are run in place of the tests: npm run test:clickhouse -- node --conditions=@footing/source benchmarks/analytics.ts
// Takes the server of FOOTING_TEST_CLICKHOUSE_URL, or chdb, which is ClickHouse as a library, behind a small HTTP server.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** What is used of chdb. */
interface Session {
  query(text: string): string
  cleanup(): void
}

const password = 'sec/ret+=1'

if (process.env.FOOTING_TEST_CLICKHOUSE_URL !== undefined) process.exitCode = await runTests(process.env)
else await withChdb()

async function withChdb(): Promise<void> {
  const program = process.env.FOOTING_CHDB
  if (program === undefined || !existsSync(join(program, 'node_modules', 'chdb'))) {
    process.stderr.write(
      'There is no ClickHouse to test against. Either name a server of your own that may be written to:\n' +
        '  FOOTING_TEST_CLICKHOUSE_URL=clickhouse://user:secret@host:8123/footing_test npm run test:clickhouse\n' +
        'or install chdb (546 MB) into a folder outside of the project and name that:\n' +
        '  npm install --prefix ~/chdb chdb@3.4.0 && FOOTING_CHDB=~/chdb npm run test:clickhouse\n',
    )
    process.exitCode = 2
    return
  }
  const chdb: { Session: new (path: string) => Session } = createRequire(join(resolve(program), 'package.json'))('chdb')
  const folder = mkdtempSync(join(tmpdir(), 'footing-clickhouse-'))
  const session = new chdb.Session(folder)
  const server = createServer((request, response) => {
    answer(session, request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    process.stderr.write(`ClickHouse ${session.query('select version() format TSV').trim()} (chdb)\n`)
    const url = `clickhouse://tester:${encodeURIComponent(password)}@127.0.0.1:${port}/footing_test`
    process.exitCode = await runTests({ ...process.env, FOOTING_TEST_CLICKHOUSE_URL: url })
  } finally {
    server.close()
    session.cleanup()
    rmSync(folder, { recursive: true, force: true })
  }
}

// As the server's HTTP interface does it: the statement is the body, a failure has a code in a header and a text.
async function answer(session: Session, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const fault = (status: number, code: string, text: string): void => {
    response.writeHead(status, { 'x-clickhouse-exception-code': code }).end(text)
  }
  const { 'x-clickhouse-user': user, 'x-clickhouse-key': key } = request.headers
  if (user !== 'tester' || key !== password) {
    return fault(403, '516', 'Code: 516. DB::Exception: Authentication failed (AUTHENTICATION_FAILED)')
  }
  let found: string
  try {
    found = session.query(Buffer.concat(parts).toString())
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return fault(500, /Code: (\d+)/.exec(text)?.[1] ?? '1002', text)
  }
  response.end(found)
}

async function runTests(env: NodeJS.ProcessEnv): Promise<number> {
  const given = process.argv.slice(2)
  const [program = '', ...words] =
    given.length > 0 ? given : ['vitest', 'run', '--config', 'vitest.clickhouse.config.ts']
  const tests = spawn(program, words, { env, stdio: 'inherit' })
  const [code] = await once(tests, 'exit')
  return typeof code === 'number' ? code : 1
}
