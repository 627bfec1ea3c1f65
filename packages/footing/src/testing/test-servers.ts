// Where a test file gets its servers: from the desk of the test run, or from one of its own when it runs alone.
import { isFootingError } from '@footing/kernel'
import { testingError } from './servers/errors.ts'
import { openServerHarness, type ServerHarness, type ServerName } from './servers/server-harness.ts'

let ownDesk: Promise<ServerHarness> | undefined

/**
 * Connection URL of a real server; the first who asks waits until it has started.
 * @throws `test-servers-unreachable`, and the errors of starting and installing
 */
export async function testServer(name: ServerName): Promise<string> {
  const desk = process.env.FOOTING_TEST_SERVERS
  if (desk !== undefined && desk !== '') return askDesk(desk, name)
  ownDesk ??= openServerHarness({ resolveFrom: [import.meta.url], log: (line) => process.stderr.write(`${line}\n`) })
  return (await ownDesk).ask(name)
}

/** Stops the servers that this process started itself. Those of a desk outside are left alone. */
export async function stopOwnServers(): Promise<void> {
  const desk = ownDesk
  ownDesk = undefined
  await (await desk)?.close()
}

async function askDesk(desk: string, name: ServerName): Promise<string> {
  try {
    const response = await fetch(new URL(name, desk), { signal: AbortSignal.timeout(330_000) })
    const answer: unknown = await response.json()
    if (typeof answer === 'object' && answer !== null) {
      if ('url' in answer && typeof answer.url === 'string') return answer.url
      if ('error' in answer) throw testingError('test-servers-unreachable', { reason: String(answer.error) })
    }
    throw new Error(`unexpected answer ${response.status}`)
  } catch (error) {
    if (isFootingError(error)) throw error
    throw testingError(
      'test-servers-unreachable',
      { reason: error instanceof Error ? error.message : String(error) },
      error,
    )
  }
}
