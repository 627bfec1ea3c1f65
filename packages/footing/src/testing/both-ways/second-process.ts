// Starts and stops the second process of a test, and keeps its time and its count of statements together with the test's.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { FootingError, type ManualClock } from '@footing/kernel'
import type { QueryCounter } from '../counted-data/query-counter.ts'
import { testingError } from '../servers/errors.ts'
import type { FromModule, ModuleOrder, ToModule } from './messages.ts'

/** A module that runs in a process of its own. */
export interface SecondProcess {
  readonly port: number
  /** Ends it without a word, as a crash does. */
  kill(): Promise<void>
  /** Lets it close what it has open. */
  stop(): Promise<void>
}

const longestStopMs = 10_000

/**
 * Starts it.
 * @throws `second-process-failed` with what it said
 */
export async function startSecondProcess(
  order: Omit<ModuleOrder, 'kind' | 'now'>,
  clock: ManualClock | undefined,
  queries: QueryCounter,
): Promise<SecondProcess> {
  const child = spawnProgram()
  const said = lastWords(child)
  const send = (message: ToModule) => {
    if (child.connected) child.send(message)
  }
  const moved = new Map<number, () => void>()
  const ended = once(child, 'exit')
  const port = new Promise<number>((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) => {
      const details = { module: order.module, reason: reason || 'it ended without a word' }
      reject(testingError('second-process-failed', details, cause))
    }
    child.on('message', (message: FromModule) => {
      if (message.kind === 'ready') resolve(message.port)
      if (message.kind === 'failed') fail(message.message, FootingError.fromJSON(message.error))
      if (message.kind === 'moved') moved.get(message.id)?.()
      if (message.kind !== 'queries') return
      for (const { route, ...query } of message.queries) queries.observe({ route }).onQuery?.(query)
      send({ kind: 'counted', id: message.id })
    })
    void ended.then(() => fail(said()))
  })
  const unfollow = clock?.follow(async (now) => {
    if (!child.connected) return
    const id = Math.random()
    const done = new Promise<void>((resolve) => moved.set(id, resolve))
    send({ kind: 'time', id, now })
    await Promise.race([done, ended])
    moved.delete(id)
  })
  const end = async (how: () => void): Promise<void> => {
    unfollow?.()
    how()
    await ended
  }
  const kill = () => end(() => child.kill('SIGKILL'))
  send({ ...order, kind: 'start', now: clock?.now() ?? null })
  try {
    return {
      port: await port,
      kill,
      stop: async () => {
        const limit = setTimeout(() => child.kill('SIGKILL'), longestStopMs)
        await end(() => send({ kind: 'stop' }))
        clearTimeout(limit)
      },
    }
  } catch (error) {
    await kill()
    throw error
  }
}

function spawnProgram(): ChildProcess {
  // From the sources this file is TypeScript, and packages are then read as sources too.
  const fromSource = import.meta.url.endsWith('.ts')
  const program = fileURLToPath(new URL(fromSource ? './module-process.ts' : './module-process.js', import.meta.url))
  const flags = fromSource ? ['--conditions=@footing/source'] : []
  return spawn(process.execPath, [...flags, program], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

function lastWords(child: ChildProcess): () => string {
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-4000)
  })
  return () => words.trim()
}
