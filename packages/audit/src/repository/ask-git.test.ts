import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { askGit } from './ask-git.ts'

const limits = { bytes: 1 << 20, milliseconds: 20_000 }

let root: string
let repository: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ask git '))
  repository = join(root, 'repository')
  mkdirSync(repository)
  git('init', '-q')
  git('config', 'user.name', 'A')
  git('config', 'user.email', 'a@example.org')
  writeFileSync(join(repository, 'a.txt'), 'a')
  git('add', '.')
  git('commit', '-qm', 'first')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
})

function git(...args: string[]): string {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' }
  return execFileSync('git', args, { cwd: repository, stdio: 'pipe', env, encoding: 'utf8' }).trim()
}

/** A program that leaves a mark when something runs it. */
function trap(name: string): string {
  const path = join(root, name)
  writeFileSync(path, `#!/bin/sh\ntouch '${join(root, 'ran')}-${name}'\nexit 1\n`)
  chmodSync(path, 0o755)
  return path
}

const whatRan = (): readonly string[] => readdirSync(root).filter((name) => name.startsWith('ran-'))

/** A commit with a signature, without the key that a real one needs. */
function signedCommit(): void {
  const tree = git('write-tree')
  const head = git('rev-parse', 'HEAD')
  const person = 'A <a@example.org> 1700000000 +0000'
  const signature = '-----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----'
  const text = `tree ${tree}\nparent ${head}\nauthor ${person}\ncommitter ${person}\ngpgsig ${signature}\n\nsigned\n`
  writeFileSync(join(root, 'commit'), text)
  git('update-ref', 'HEAD', git('hash-object', '-t', 'commit', '-w', join(root, 'commit')))
}

/** Every setting of git that names a program, and every program that a transport starts. */
function setTraps(): void {
  const settings = [
    'core.fsmonitor',
    'core.pager',
    'pager.log',
    'core.sshCommand',
    'core.gitProxy',
    'core.askPass',
    'core.editor',
    'core.alternateRefsCommand',
    'credential.helper',
    'diff.external',
    'diff.x.command',
    'diff.x.textconv',
    'filter.x.clean',
    'filter.x.smudge',
    'filter.x.process',
    'gpg.program',
    'gpg.openpgp.program',
    'gpg.ssh.program',
    'gpg.x509.program',
    'gpg.ssh.defaultKeyCommand',
    'interactive.diffFilter',
    'log.showSignature',
    'remote.origin.uploadpack',
    'sequence.editor',
    'trailer.x.command',
    'uploadpack.packObjectsHook',
  ]
  for (const name of settings) {
    git('config', name, name === 'log.showSignature' ? 'true' : trap(name.replaceAll('.', '-')))
  }
  for (const name of ['reference-transaction', 'post-checkout', 'post-index-change', 'fsmonitor-watchman'])
    symlinkSync(trap(`hook-${name}`), join(repository, '.git/hooks', name))
  writeFileSync(join(repository, '.git/info/attributes'), '* diff=x filter=x\n')
}

describe('a hostile repository', () => {
  it('runs nothing: settings, hooks, attributes, signatures', async () => {
    signedCommit()
    setTraps()
    const log = await askGit(repository, 'log', ['--name-only', '-p', '--decorate=full', '--format=%H'], limits)
    expect(log.failure).toBeUndefined()
    expect((await askGit(repository, 'rev-parse', ['HEAD'], limits)).output.trim()).toMatch(/^[0-9a-f]{40}$/)
    expect(whatRan()).toEqual([])
    // The traps are armed: git as people call it falls into one of them.
    execFileSync('git', ['log', '-1'], { cwd: repository, stdio: 'ignore' })
    expect(whatRan()).not.toEqual([])
  })

  it.each(['ssh://host/path', 'ext::sh -c %trap%', 'https://localhost:1/x', 'git://localhost:1/x', 'file:///nowhere'])(
    'fetches nothing from %s, also where a transport is allowed and parts are missing',
    async (url) => {
      setTraps()
      const tree = git('rev-parse', 'HEAD^{tree}')
      rmSync(join(repository, '.git/objects', tree.slice(0, 2), tree.slice(2)), { force: true })
      git('config', 'core.repositoryformatversion', '1')
      git('config', 'extensions.partialClone', 'origin')
      git('config', 'remote.origin.promisor', 'true')
      git('config', 'remote.origin.url', url.replace('%trap%', trap('ext')))
      for (const protocol of ['ssh', 'ext', 'https', 'git', 'file'])
        git('config', `protocol.${protocol}.allow`, 'always')
      const begun = performance.now()
      const { failure } = await askGit(repository, 'log', ['--name-only'], limits)
      expect(failure).toBeDefined()
      expect(performance.now() - begun).toBeLessThan(limits.milliseconds)
      expect(whatRan()).toEqual([])
    },
  )

  it('is no bare repository inside a clone', async () => {
    const bare = join(repository, 'assets')
    execFileSync('git', ['init', '-q', '--bare', bare])
    expect((await askGit(bare, 'rev-parse', ['--git-dir'], limits)).failure).toBe('not a git repository')
  })

  it('cannot bring its own git, also where PATH begins with the folder', async () => {
    writeFileSync(join(repository, 'git'), `#!/bin/sh\ntouch '${root}/ran-own-git'\n`)
    chmodSync(join(repository, 'git'), 0o755)
    vi.stubEnv('PATH', ['.', '', process.env.PATH].join(delimiter))
    expect((await askGit(repository, 'rev-parse', ['HEAD'], limits)).failure).toBeUndefined()
    expect(whatRan()).toEqual([])
  })

  it('with an order of files that never ends is read all the same', async () => {
    git('config', 'diff.orderFile', '/dev/zero')
    git('config', 'mailmap.file', '/dev/zero')
    expect((await askGit(repository, 'log', ['--name-only', '--format='], limits)).output.trim()).toBe('a.txt')
  })
})

describe('bounds', () => {
  /** Puts a git of our own before the real one. */
  function fakeGit(script: string): void {
    mkdirSync(join(root, 'bin'))
    writeFileSync(join(root, 'bin/git'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(root, 'bin/git'), 0o755)
    vi.stubEnv('PATH', [join(root, 'bin'), process.env.PATH].join(delimiter))
  }

  it('a git that hangs and left a child with its pipes is over after the time', async () => {
    fakeGit("trap '' TERM\nsleep 30 &\nsleep 30")
    expect(await askGit(repository, 'log', [], { ...limits, milliseconds: 100 })).toEqual({
      output: '',
      failure: 'git took longer than 0.1 s',
    })
  })

  it('output beyond the limit is cut and what came before it is kept', async () => {
    fakeGit('while :; do echo 0123456789; done')
    const { output, failure } = await askGit(repository, 'log', [], { ...limits, bytes: 100_000 })
    expect(failure).toContain('too much output')
    expect(output.length).toBeLessThanOrEqual(100_000)
  })

  it('a signal ends it at once, also one that came before', async () => {
    fakeGit('sleep 30')
    const asked = new AbortController()
    const answer = askGit(repository, 'log', [], limits, asked.signal)
    asked.abort()
    expect((await answer).failure).toBe('interrupted')
    expect((await askGit(repository, 'log', [], limits, AbortSignal.abort())).failure).toBe('interrupted')
  })

  it('no git on the machine is said', async () => {
    vi.stubEnv('PATH', join(root, 'nothing'))
    expect((await askGit(repository, 'log', [], limits)).failure).toBe('git is not installed')
  })

  it('variables of a hook of git do not lead to another repository', async () => {
    const other = join(root, 'other')
    execFileSync('git', ['init', '-q', other])
    vi.stubEnv('GIT_DIR', join(other, '.git'))
    vi.stubEnv('GIT_WORK_TREE', other)
    const { output } = await askGit(repository, 'rev-parse', ['--show-toplevel'], limits)
    expect(output.trim()).toBe(realpathSync(repository))
  })
})
