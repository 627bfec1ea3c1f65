import { mkdir, mkdtemp, realpath, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { markMigrated } from '../migrate/migration-mark.ts'
import { isSource, watchSources } from './watch-sources.ts'

test.each([
  'src/app.ts',
  'src/identity/migrations/0001-create-user.sql',
  'package.json',
  '.env',
  'src/deep/er/file.mjs',
  'packages/shop/.env',
  'src/testing/kit.ts',
])('%s restarts', (path) => {
  expect(isSource(path)).toBe(true)
})

test.each([
  '.footing/postgres/data/base/1.sql',
  'node_modules/pg/index.js',
  'src/app.test.ts',
  'dist/app.js',
  '.git/index',
  'src/.app.ts.swp',
  'README.md',
  'coverage/report.json',
  'test/orders.ts',
  'src/orders/__tests__/total.ts',
  'e2e/flow.ts',
  'src/app.spec.ts',
  'src/orders/schema.sql',
  'src/orders/tables.generated.ts',
  '.footing/migrated',
  '.env/x.ts',
])('%s does not', (path) => {
  expect(isSource(path)).toBe(false)
})

describe('a folder that is watched', () => {
  let root = ''
  let stop: AbortController
  let heard: ((what: string) => void)[] = []
  let changes: string[] = []

  const tell = (what: string): void => {
    changes.push(what)
    for (const done of heard.splice(0)) done(what)
  }
  /** What is told next, after the act that causes it. */
  const next = async (act: () => Promise<unknown>): Promise<string> => {
    const told = new Promise<string>((done) => heard.push(done))
    await act()
    return told
  }
  const write = (name: string, text = '') => writeFile(join(root, name), text)

  beforeEach(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'watch sources ')))
    await mkdir(join(root, 'src/deep'), { recursive: true })
    await write('src/app.ts')
    heard = []
    changes = []
    stop = new AbortController()
    await watchSources(root, stop.signal, { changed: tell, migrated: () => tell('migrated'), deaf: tell })
  })
  afterEach(async () => {
    stop.abort()
    await rm(root, { recursive: true })
  })

  test('a file that is written, replaced by a rename, replaced again, removed and made anew is heard each time', async () => {
    expect(await next(() => write('src/app.ts', '1'))).toBe('src/app.ts')
    for (const round of ['2', '3', '4']) {
      await write('src/app.ts.new~', round)
      expect(await next(() => rename(join(root, 'src/app.ts.new~'), join(root, 'src/app.ts')))).toBe('src/app.ts')
    }
    expect(await next(() => unlink(join(root, 'src/app.ts')))).toBe('src/app.ts')
    expect(await next(() => write('src/app.ts', '5'))).toBe('src/app.ts')
    expect(await next(() => write('src/app.ts', '6'))).toBe('src/app.ts')
  })

  test('files in folders that are new, moved here or came back are heard', async () => {
    await mkdir(join(root, 'src/later/deeper'), { recursive: true })
    expect(await next(() => write('src/later/deeper/a.ts'))).toBe('src/later/deeper/a.ts')
    await rm(join(root, 'src/deep'), { recursive: true })
    // Heard after the folder had gone: one that is back within the same moment may be taken for the old one.
    expect(await next(() => write('src/app.ts', 'gone'))).toBe('src/app.ts')
    await mkdir(join(root, 'src/deep'))
    expect(await next(() => write('src/deep/b.ts'))).toBe('src/deep/b.ts')
    expect(await next(() => rename(join(root, 'src/later'), join(root, 'src/moved')))).toMatch(
      /^src\/(later|moved)\/deeper\/a\.ts$/,
    )
    expect(await next(() => write('src/moved/deeper/a.ts', 'x'))).toBe('src/moved/deeper/a.ts')
  })

  test('.env and the mark of a migration are heard; what is no source, and what a link leads to, is not', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'watch outside '))
    await symlink(outside, join(root, 'src/linked'))
    await mkdir(join(root, 'node_modules/x'), { recursive: true })
    for (const file of ['node_modules/x/a.js', 'src/app.test.ts', 'src/schema.sql', 'notes.md', 'src/linked/a.ts'])
      await write(file, 'x')
    expect(await next(() => write('.env', 'A=1'))).toBe('.env')
    expect(await next(async () => markMigrated(root, new Date(1)))).toBe('migrated')
    expect(await next(async () => markMigrated(root, new Date(2)))).toBe('migrated')
    expect(changes).toEqual(['.env', 'migrated', 'migrated'])
    await rm(outside, { recursive: true })
  })
})

test('nothing is watched when everything is over', async () => {
  await watchSources('/nowhere', AbortSignal.abort(), { changed: () => {}, migrated: () => {}, deaf: () => {} })
})
