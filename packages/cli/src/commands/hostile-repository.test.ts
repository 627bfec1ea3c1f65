// What a repository that nobody vouches for can do to the commands that read one: nothing.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))

let home = ''
let root = ''
let repository = ''
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'hostile cache '))
})
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }))
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hostile '))
  repository = join(root, 'repository')
  await write({ 'a.py': 'x = 1\n', 'src/one/index.ts': 'export const one = 1\n' })
  execFileSync('git', ['init', '-q', repository])
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(repository, name)), { recursive: true })
    await writeFile(join(repository, name), text)
  }
}

/** Runs the command line in a process of its own; one that hangs is killed by the test's end. */
async function footing(args: readonly string[], { cwd = root, env = {} }: { cwd?: string; env?: object } = {}) {
  const script = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(process.argv.slice(1))`
  const argv = ['--conditions=@footing/source', '--input-type=module', '-e', script, '--', ...args]
  const child = spawn(process.execPath, argv, { cwd, env: { ...process.env, XDG_CACHE_HOME: home, ...env } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  }
  try {
    const [code, signal] = await once(child, 'close')
    return { code, signal, said }
  } finally {
    child.kill('SIGKILL')
  }
}

describe.skipIf(process.platform === 'win32')('settings that are no file', () => {
  const kinds: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
    'a link to /dev/zero': (path) => symlink('/dev/zero', path),
    'a pipe': async (path) => execFileSync('mkfifo', [path]),
    '5 GB without content': async (path) => {
      await writeFile(path, '')
      await truncate(path, 5 * 2 ** 30)
    },
    'a link out of the tree': async (path) => {
      await writeFile(join(root, 'outside.json'), '{"footing":{"app":"src/one/index.ts"}}')
      await symlink('../outside.json', path)
    },
    'a folder': (path) => mkdir(path),
  }

  test.each(Object.keys(kinds))('package.json is %s: read as if there were none', async (kind) => {
    await kinds[kind]?.(join(repository, 'package.json'))
    for (const command of ['audit', 'check', 'map']) {
      const { code, signal, said } = await footing([command, repository])
      expect({ command, code, signal, said }).toMatchObject({ signal: null })
      expect([0, 1, 2], said).toContain(code)
    }
  })

  test.each(Object.keys(kinds))('footing.config.json is %s: refused with its name', async (kind) => {
    await kinds[kind]?.(join(repository, 'footing.config.json'))
    for (const command of ['audit', 'check']) {
      const { code, said } = await footing([command, repository])
      expect({ command, code }).toEqual({ command, code: 2 })
      expect(said).toMatch(/footing\.config\.json.*it (is no regular file|is a link that leaves|is too large)/)
    }
  })

  test.each(['outside', 'nowhere'])(
    'a baseline that nobody named is not written through a link to %s',
    async (target) => {
      await writeFile(join(root, 'outside'), '')
      await symlink(join('..', target), join(repository, '.footing-baseline.json'))
      expect((await footing(['audit', repository, '--update-baseline'])).code).toBe(2)
      expect(await readdir(root)).not.toContain('nowhere')
    },
  )

  test('a part of a file is not kept through a link that leaves the repository', async () => {
    await write({ 'src/modules/a/index.ts': 'export const a = 1\n', 'src/modules/b/index.ts': 'export const b = 1\n' })
    await writeFile(join(root, 'notes'), 'mine')
    await symlink('../notes', join(repository, 'README.md'))
    const { code, said } = await footing(['map', '.', '--format', 'mermaid', '--write'], { cwd: repository })
    expect({ code, said }).toMatchObject({ code: 2, said: expect.stringContaining('map-file-unreadable') })
  })
})

test.skipIf(process.platform === 'win32')('SIGTERM while git hangs ends the command at once', async () => {
  const bin = join(root, 'bin')
  await mkdir(bin)
  // The program stands for a git that answers late; that it runs is the moment to ask for the end.
  await writeFile(join(bin, 'git'), '#!/bin/sh\nkill -TERM $PPID\nexec sleep 600\n')
  await chmod(join(bin, 'git'), 0o755)
  const env = { PATH: [bin, process.env.PATH].join(delimiter) }
  expect(await footing(['audit', repository], { env })).toMatchObject({ code: 130, signal: null })
})

describe('an application of somebody else', () => {
  const ran = async (): Promise<boolean> => (await readdir(root)).includes('ran')
  beforeEach(async () => {
    const mark = JSON.stringify(join(root, 'ran'))
    await write({
      'package.json': '{"name":"theirs","type":"module","dependencies":{"@footing/core":"*"}}',
      'src/shop/shop.module.ts': `import { defineModule, op } from '@footing/core'
import { billing } from '../billing/billing.module.ts'
export const shop = defineModule('shop', { owner: '@them/shop', needs: [billing], port: { price: op({}) } })\n`,
      'src/billing/billing.module.ts': `import { defineModule } from '@footing/core'
export const billing = defineModule('billing', { owner: '@them/billing', tables: ['invoice'] })\n`,
      'src/app.ts': `import { writeFileSync } from 'node:fs'\nwriteFileSync(${mark}, '')\nexport const app = {}\n`,
    })
  })

  test('is drawn from its manifests and not run; --load runs it', async () => {
    const { code, said } = await footing(['map', repository])
    expect(said).toMatch(/2 modules, 1 arrow/)
    expect(said).toMatch(/shop .*1 operation.*billing/)
    expect(said).toContain('--load')
    expect({ code, ran: await ran() }).toEqual({ code: 0, ran: false })
    await footing(['map', repository, '--load'])
    expect(await ran()).toBe(true)
  })

  test('stays somebody else’s inside another repository and behind a link', async () => {
    const mine = join(root, 'mine')
    execFileSync('git', ['init', '-q', mine])
    await symlink(repository, join(mine, 'linked'))
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { stdio: 'ignore' })
    git('add', '.')
    git('-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-m', 'first')
    execFileSync('git', ['clone', '-q', repository, join(mine, 'clone')], { stdio: 'ignore' })
    expect((await footing(['map', 'linked'], { cwd: mine })).code).toBe(0)
    expect((await footing(['map', 'clone'], { cwd: mine })).said).toMatch(/2 modules, 1 arrow/)
    expect(await ran()).toBe(false)
  })

  test('cannot make --pressure run a program', async () => {
    const program = join(root, 'program')
    await writeFile(program, `#!/bin/sh\ntouch '${join(root, 'ran')}'\n`)
    await chmod(program, 0o755)
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).trim()
    git('-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-q', '--allow-empty', '-m', 'first')
    const person = 'A <a@example.org> 1700000000 +0000'
    const text = `tree ${git('write-tree')}\nauthor ${person}\ncommitter ${person}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----\n\nsigned\n`
    await writeFile(join(root, 'commit'), text)
    git('update-ref', 'HEAD', git('hash-object', '-t', 'commit', '-w', join(root, 'commit')))
    for (const name of ['gpg.program', 'core.fsmonitor', 'core.pager']) git('config', name, program)
    git('config', 'log.showSignature', 'true')
    expect((await footing(['map', repository, '--pressure', '--days', '9999'])).code).toBe(0)
    expect(await ran()).toBe(false)
  })
})
