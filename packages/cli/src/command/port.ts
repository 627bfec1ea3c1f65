// Ports: reading one, finding a free one, and saying who has a taken one.
import { readdir, readFile, readlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { basename } from 'node:path'
import { cliErrors } from './errors.ts'

/**
 * Reads a port from text.
 * @throws `port-invalid`
 */
export function readPort(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (Number.isNaN(port) || port > 65_535) {
    throw cliErrors('port-invalid', { details: { value: JSON.stringify(value.slice(0, 40)) } })
  }
  return port
}

/**
 * Makes sure that a port of the loopback interface can be had; 0 always can.
 * @throws `port-taken`, which names the owner and a free port
 */
export async function claimPort(port: number, command: string): Promise<void> {
  if (port === 0 || (await isFree(port))) return
  const [owner, free] = await Promise.all([portOwner(port), nextFreePort(port)])
  throw cliErrors('dev-port-taken', { details: { port, owner: owner ?? 'another process', free, command } })
}

/** The first free port above one that is taken; 0 when the next hundred are taken as well. */
async function nextFreePort(port: number): Promise<number> {
  for (let candidate = port + 1; candidate <= Math.min(port + 100, 65_535); candidate += 1) {
    if (await isFree(candidate)) return candidate
  }
  return 0
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

/**
 * Who listens on a TCP port, as `node (pid 4711, in /home/me/shop)`; undefined when the system does not tell
 * (another user's process, or no /proc).
 */
export async function portOwner(port: number): Promise<string | undefined> {
  const inodes = new Set<string>()
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
      const listening = state === '0A'
      if (listening && Number.parseInt(local.split(':')[1] ?? '', 16) === port && inode !== undefined) inodes.add(inode)
    }
  }
  if (inodes.size === 0) return undefined
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode !== undefined && inodes.has(inode)) return describe(pid)
    }
  }
  return undefined
}

async function describe(pid: string): Promise<string> {
  // Not `comm`: Node calls its first thread MainThread.
  const [program = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  const name = basename(program) || 'a process'
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  return `${name} (pid ${pid}${folder === undefined ? '' : `, in ${folder}`})`
}
