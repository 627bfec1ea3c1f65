// Programs below a closed folder (the home of root, say) cannot be started by another user. Where PostgreSQL has to run as
// one, because the machine allows no user namespace (most containers), it gets a copy in a place that everybody may enter.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, cp, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { PlatformBinaries } from './platform-binaries.ts'
import type { ServerUser } from './server-user.ts'

const run = promisify(execFile)

/** Only root can write here, so nobody else can put programs into our way. */
const sharedFolder = '/var/cache/footing'

/** The same programs where `user` can start them; the given ones when it can already. */
export async function reachableBinaries(binaries: PlatformBinaries, user: ServerUser): Promise<PlatformBinaries> {
  if (user.owner === undefined || (await canStart(user.owner, binaries.initdb))) return binaries
  const copy = join(sharedFolder, `postgresql-${binaries.version}`)
  const exists = await access(join(copy, 'bin')).then(
    () => true,
    () => false,
  )
  if (!exists) await copyWhole(dirname(dirname(binaries.initdb)), copy)
  const moved = (path: string) => join(copy, 'bin', path.slice(dirname(path).length + 1))
  return { ...binaries, initdb: moved(binaries.initdb), postgres: moved(binaries.postgres) }
}

// Asked without the rights that let it pass: initdb looks for postgres by access(2), which does not count them.
async function canStart(owner: NonNullable<ServerUser['owner']>, program: string): Promise<boolean> {
  const change = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups']
  return run('setpriv', [...change, 'test', '-x', program]).then(
    () => true,
    () => false,
  )
}

async function copyWhole(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o755 })
  const draft = `${to}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    await cp(from, draft, { recursive: true, verbatimSymlinks: true })
    await rename(draft, to)
  } catch (error) {
    // Another start made it a moment ago; what is there is whole, because it came by a rename.
    const there = await access(join(to, 'bin')).then(
      () => true,
      () => false,
    )
    if (!there) throw error
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}
