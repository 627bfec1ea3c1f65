// A server under test in processes of its own: started, asked, measured from /proc, stopped by its process id.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import type { Peer } from './servers.ts'

/** What its processes use. */
export interface Usage {
  /** User and system time in seconds. */
  readonly cpu: number
  /** Resident memory in megabytes. */
  readonly memory: number
}

const ticksPerSecond = 100
const pageBytes = 4096
const patienceMs = 60_000

/** One process of a peer, with those that it has started. */
export class RunningServer {
  readonly name: string
  readonly url: string
  readonly #child: ChildProcess

  private constructor(name: string, url: string, child: ChildProcess) {
    this.name = name
    this.url = url
    this.#child = child
  }

  /** Starts it and waits for its first answer. `core` pins it. */
  static async start(
    peer: Peer,
    port: number,
    env: Readonly<Record<string, string>>,
    core?: number,
  ): Promise<RunningServer> {
    const pin = core === undefined ? [] : ['taskset', '-c', String(core)]
    const [program = '', ...args] = [...pin, ...peer.command.map((part) => part.replace('{port}', String(port)))]
    const child = spawn(program, args, {
      cwd: peer.cwd,
      env: { ...process.env, NODE_ENV: 'production', ...env, PORT: String(port), ...peer.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let words = ''
    child.stderr?.on('data', (chunk) => {
      words = `${words}${chunk}`.slice(-2000)
    })
    const server = new RunningServer(peer.name, `http://127.0.0.1:${port}`, child)
    const end = Date.now() + patienceMs
    while (!(await server.#answers(peer.readyPath ?? '/api/articles/article-77'))) {
      if (child.exitCode !== null || Date.now() > end) {
        await server.stop()
        throw new Error(`${peer.name} did not start: ${words}`)
      }
      await setTimeout(20)
    }
    return server
  }

  async #answers(path: string): Promise<boolean> {
    return fetch(`${this.url}${path}`).then(
      async (response) => (await response.text()) !== '' && response.ok,
      () => false,
    )
  }

  async usage(): Promise<Usage> {
    let [cpu, memory] = [0, 0]
    for (const pid of await family(this.#child.pid ?? 0)) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      cpu += (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / ticksPerSecond
      memory += (Number(fields[21] ?? 0) * pageBytes) / 2 ** 20
    }
    return { cpu, memory }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await Promise.race([gone, setTimeout(8_000, undefined, { ref: false })])
    this.#child.kill('SIGKILL')
  }
}

async function family(pid: number): Promise<readonly number[]> {
  const found = [pid]
  for (const each of found) {
    for (const task of await readdir(`/proc/${each}/task`).catch(() => [])) {
      const children = await readFile(`/proc/${each}/task/${task}/children`, 'utf8').catch(() => '')
      found.push(...children.split(' ').filter(Boolean).map(Number))
    }
  }
  return found
}
