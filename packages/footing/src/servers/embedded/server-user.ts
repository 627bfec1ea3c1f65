// PostgreSQL refuses to run as root; this finds a way to run it as somebody else without asking anything of the machine.
import { execFile } from 'node:child_process'
import { chown, lstat, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { dataError } from '../../data/contract/errors.ts'

const run = promisify(execFile)

/** How to start PostgreSQL's programs so that they accept their user. */
export interface ServerUser {
  /** Put in front of the command. Empty when the current user is fine. */
  readonly prefix: readonly string[]
  /** Who must own the data directory, when it is not whoever creates it. */
  readonly owner?: { readonly uid: number; readonly gid: number }
  /** One word for logs. */
  readonly way: 'as-is' | 'user-namespace' | 'other-user'
}

/** The current process as far as the choice depends on it; a test gives another one. */
export interface Caller {
  readonly uid: number | undefined
  readonly passwd: string
  /** True when the command ends well. */
  readonly works: (command: readonly string[]) => Promise<boolean>
}

/**
 * Picks the first way that works: directly for a normal user; else in a user namespace, where root is mapped to another
 * number and files stay as they are; else as an existing user that keeps the right to pass through closed folders.
 * A user number without a name takes the namespace too, because initdb insists on a name.
 * @throws `embedded-user-refused` when no way works
 */
export async function chooseServerUser(caller?: Caller): Promise<ServerUser> {
  const { uid, passwd, works } = caller ?? (await currentCaller())
  const users = parsePasswd(passwd)
  if (uid === undefined || (uid !== 0 && users.some((user) => user.uid === uid))) return { prefix: [], way: 'as-is' }

  const nobody = users.find((user) => user.name === 'nobody') ?? users.find((user) => user.uid !== 0)
  if (nobody !== undefined) {
    const namespace = ['unshare', '--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`]
    if (await works([...namespace, 'true'])) return { prefix: namespace, way: 'user-namespace' }
  }
  const other = users.find((user) => user.name === 'postgres') ?? nobody
  if (uid === 0 && other !== undefined) {
    const change = ['setpriv', `--reuid=${other.uid}`, `--regid=${other.gid}`, '--clear-groups']
    const passing = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
    const owner = { uid: other.uid, gid: other.gid }
    for (const prefix of [[...change, ...passing], change]) {
      if (await works([...prefix, 'true'])) return { prefix, owner, way: 'other-user' }
    }
  }
  throw dataError('embedded-user-refused', { uid })
}

/** Gives the data directory to the user that PostgreSQL will run as, when another way had made it. */
export async function giveTo(user: ServerUser, folder: string): Promise<void> {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = user.owner ?? { uid: 0, gid: 0 }
  if ((await lstat(folder)).uid === uid) return
  await run('chown', ['-R', '-h', `${uid}:${gid}`, folder]).catch(() => chown(folder, uid, gid))
}

async function currentCaller(): Promise<Caller> {
  return {
    uid: process.getuid?.(),
    passwd: await readPasswd(),
    works: async ([command = 'false', ...args]) =>
      run(command, args, { timeout: 5000 }).then(
        () => true,
        () => false,
      ),
  }
}

// getent also knows users from a directory service; macOS has neither file entries nor getent for real people.
async function readPasswd(): Promise<string> {
  const uid = process.getuid?.()
  const file = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const own = await run('getent', ['passwd', String(uid)]).then(
    ({ stdout }) => stdout,
    () => '',
  )
  const mac = process.platform === 'darwin' ? `\nme:x:${uid}:0::/:` : ''
  return `${file}\n${own}${mac}`
}

function parsePasswd(text: string): readonly { name: string; uid: number; gid: number }[] {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => Number.isInteger(uid) && Number.isInteger(gid))
}
