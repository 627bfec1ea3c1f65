import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Commit, makeHistory } from './history.ts'
import { parseLog, readHistory } from './read-history.ts'

describe('a real repository', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'history-'))
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: folder, stdio: 'pipe', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } })
    git('init', '-q')
    git('config', 'user.name', 'A')
    git('config', 'user.email', 'a@example.org')
    mkdirSync(join(folder, 'app'))
    writeFileSync(join(folder, 'app/one.py'), '1')
    writeFileSync(join(folder, 'app/new\nline.py'), '1')
    git('add', '.')
    git('commit', '-qm', 'first\n\nbody')
    writeFileSync(join(folder, 'app/one.py'), '2')
    writeFileSync(join(folder, 'README.md'), '2')
    git('add', '.')
    git('commit', '-qm', 'second', '--author', 'B <b@example.org>')
    writeFileSync(join(folder, 'marker.sh'), `#!/bin/sh\ntouch ${folder}/ran\n`, { mode: 0o755 })
    git('config', 'core.fsmonitor', join(folder, 'marker.sh'))
    git('config', 'log.showSignature', 'true')
    git('config', 'gpg.program', join(folder, 'marker.sh'))
    git('config', 'diff.external', join(folder, 'marker.sh'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('is read in one pass, with hostile names, and starts no program that its settings name', async () => {
    const history = await readHistory(folder)
    expect(history).toMatchObject({ available: true, commits: 2, enough: false, authorsInYear: 2, reason: '' })
    expect(history.files.get('app/one.py')).toMatchObject({ commits: 2, authors: [{ commits: 1 }, { commits: 1 }] })
    expect(history.files.has('app/new\nline.py')).toBe(true)
    const { existsSync } = await import('node:fs')
    expect(existsSync(join(folder, 'ran'))).toBe(false)
  })

  it('gives paths relative to a sub-folder that is audited', async () => {
    const history = await readHistory(join(folder, 'app'))
    expect([...history.files.keys()].sort()).toEqual(['new\nline.py', 'one.py'])
  })

  it('says that a shallow clone is shallow', async () => {
    const clone = mkdtempSync(join(tmpdir(), 'shallow-'))
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${folder}`, clone], { stdio: 'pipe' })
    expect(await readHistory(clone)).toMatchObject({ available: true, commits: 1, reason: 'shallow clone, 1 commits' })
    rmSync(clone, { recursive: true, force: true })
  })

  it('is bounded', async () => {
    const history = await readHistory(folder, { commits: 1, bytes: 1e6, milliseconds: 20_000 })
    expect(history).toMatchObject({ commits: 1, reason: 'the newest 1 commits' })
  })
})

it('says why there is no history', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bare-'))
  expect(await readHistory(folder)).toMatchObject({ available: false, reason: 'not a git repository', enough: false })
  execFileSync('git', ['init', '-q'], { cwd: folder })
  expect(await readHistory(folder)).toMatchObject({ available: false, reason: 'no commits yet' })
  rmSync(folder, { recursive: true, force: true })
})

describe('what commits add up to', () => {
  const day = 86_400
  const commits: Commit[] = Array.from({ length: 300 }, (_, index) => ({
    time: 1_700_000_000 - index * day,
    author: index % 3 === 0 ? 'x' : 'y',
    files: index % 10 === 0 ? ['a.py', 'b.py'] : index % 2 === 0 ? ['a.py'] : [`other${index}.py`],
  }))

  it('counts authors, spans, hotspots and pairs', () => {
    const history = makeHistory(commits, '')
    expect(history).toMatchObject({ enough: true, days: 299, authorsInYear: 2 })
    expect(history.isHotspot('a.py')).toBe(true)
    expect(history.isHotspot('other1.py')).toBe(false)
    expect(history.couplings).toEqual([{ a: 'a.py', b: 'b.py', shared: 30, degree: 1 }])
  })

  it('leaves out change sets that are too large to mean anything', () => {
    const sweep = commits.map((commit) => ({
      ...commit,
      files: [...commit.files, ...Array.from({ length: 31 }, (_, n) => `g${n}.py`)],
    }))
    expect(makeHistory(sweep, '').couplings).toEqual([])
  })

  it('passes over what is no log', () => {
    expect(parseLog('garbage\0more')).toEqual([])
    expect(parseLog('\x01nonsense\0file')).toEqual([])
    expect(parseLog('')).toEqual([])
  })
})
