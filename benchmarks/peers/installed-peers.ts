// Brings the peers' own packages into a folder outside of the workspace, the first time that they are wanted.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const sources = fileURLToPath(new URL('.', import.meta.url))

/** Where peers are installed. */
export interface InstalledPeers {
  /** Holds `app.py` and `bin/uvicorn`'s folder. */
  readonly python: string
  /** Holds the servers for Node with their packages. */
  readonly node: string
}

/** Installs what is missing; a changed list of packages makes a new folder. */
export async function installPeers(log: (line: string) => void): Promise<InstalledPeers> {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'footing', 'benchmark-peers')
  const [python, node] = [
    await folderFor(cache, 'fastapi', 'requirements.txt'),
    await folderFor(cache, 'node', 'package.json'),
  ]
  await once(python, async () => {
    log(`installing FastAPI's packages into ${python}`)
    await run('python3', ['-m', 'venv', join(python, 'venv')])
    await run(join(python, 'venv/bin/pip'), ['install', '--quiet', '-r', join(sources, 'fastapi/requirements.txt')])
  })
  await copyFile(join(sources, 'fastapi/app.py'), join(python, 'app.py'))
  for (const file of await readdir(join(sources, 'node'))) await copyFile(join(sources, 'node', file), join(node, file))
  await once(node, async () => {
    log(`installing the packages of the peers on Node into ${node}`)
    await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: node })
  })
  // NestJS needs its decorators compiled with their types.
  await run(process.execPath, [join(node, 'node_modules/typescript/bin/tsc'), '-p', node], { cwd: node })
  return { python, node }
}

async function folderFor(cache: string, name: string, list: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(join(sources, name, list)))
    .digest('hex')
  const folder = join(cache, `${name}-${hash.slice(0, 12)}`)
  await mkdir(folder, { recursive: true })
  return folder
}

async function once(folder: string, install: () => Promise<void>): Promise<void> {
  const mark = join(folder, 'installed')
  if (
    await access(mark).then(
      () => true,
      () => false,
    )
  )
    return
  await rm(join(folder, 'venv'), { recursive: true, force: true })
  await install()
  await writeFile(mark, '')
}
