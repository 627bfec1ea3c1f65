// Reads PostgreSQL's own lock file and says whether the server that wrote it still lives.
import { execFile } from 'node:child_process'
import { readFile, readlink, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What `postmaster.pid` of a data directory says, compared with the processes of this machine. */
export type Postmaster =
  | { readonly state: 'absent' }
  /** The file is there, its process is not: PostgreSQL sorts that out by itself. */
  | { readonly state: 'stale' }
  /** The number now belongs to another program (after a reboot, in a container): PostgreSQL would refuse to start. */
  | { readonly state: 'taken'; readonly pid: number }
  | {
      readonly state: 'alive'
      readonly pid: number
      readonly port: number
      /** True when it accepts connections. */
      readonly ready: boolean
    }

/** Judges the lock file of a data directory. Never throws for a missing or half-written file. */
export async function readPostmaster(dataFolder: string): Promise<Postmaster> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => undefined)
  if (text === undefined) return { state: 'absent' }
  const lines = text.split('\n').map((line) => line.trim())
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return { state: 'stale' }
  if (!isAlive(pid)) return { state: 'stale' }
  if (!(await servesFolder(pid, dataFolder))) return { state: 'taken', pid }
  return { state: 'alive', pid, port: Number(lines[3]) || 0, ready: lines[7] === 'ready' }
}

/** True when a process with this number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

// The postmaster works inside its data directory, which tells it from whatever else got its number.
async function servesFolder(pid: number, dataFolder: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const [there, here] = await Promise.all([
      readlink(`/proc/${pid}/cwd`).catch(() => undefined),
      realpath(dataFolder).catch(() => undefined),
    ])
    if (there !== undefined) return there === here
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')
    return name.trim() === 'postgres'
  }
  if (process.platform === 'win32') return true
  return run('ps', ['-p', String(pid), '-o', 'command=']).then(
    ({ stdout }) => stdout.includes('postgres') && stdout.includes(dataFolder),
    () => false,
  )
}
