// Starts and stops second processes for the tests of placement.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A process that serves the module billing. */
export interface SecondProcess {
  readonly url: string
  readonly port: number
  /** Kills it without a word. */
  kill(): Promise<void>
}

/** The key of a process whose test names none. */
export const secondKey = `second:${'s'.repeat(40)}`

/** Starts billing in another process. */
export async function startSecondProcess(
  env: Readonly<Record<string, string>> = {},
  file = './shop-process.fixture.ts',
): Promise<SecondProcess> {
  const program = new URL(file, import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=@footing/source', program], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      SERVE_MODULES: 'billing',
      MODULE_KEYS: secondKey,
      PORT: '0',
      DRAIN_DELAY_MS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const port = await firstLine(child)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function firstLine(child: ChildProcess): Promise<number> {
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  let text = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(Number(text.trim()))
    })
    child.once('exit', (code) => reject(new Error(`The second process ended with ${code}: ${errors}`)))
  })
}
