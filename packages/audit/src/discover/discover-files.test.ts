import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { discoverFiles } from './discover-files.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'footing-discover-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const write = (path: string, text = ''): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
const discover = (at = root, exclude: string[] = []) => discoverFiles({ root: at, extensions: ['.py'], exclude })
const sources = (at = root, exclude: string[] = []): string[] => discover(at, exclude).sources.map((file) => file.path)

describe('.gitignore', () => {
  test.each([
    ['a plain name, at any depth', 'a.py', ['b.py', 'x/b.py']],
    ['an ending', '*.py', []],
    ['a folder', 'x/', ['a.py', 'b.py']],
    ['a folder pattern does not hit a file', 'a.py/', ['a.py', 'b.py', 'x/a.py', 'x/b.py']],
    ['anchored by a leading slash', '/a.py', ['b.py', 'x/a.py', 'x/b.py']],
    ['anchored by a slash inside', 'x/a.py', ['a.py', 'b.py', 'x/b.py']],
    ['two stars in front', '**/a.py', ['b.py', 'x/b.py']],
    ['two stars behind', 'x/**', ['a.py', 'b.py']],
    ['a later line wins', '*.py\n!b.py', ['b.py', 'x/b.py']],
    ['comments, blank lines, trailing spaces', '# a\n\nb.py   \n', ['a.py', 'x/a.py']],
    ['a set of letters', '[ac].py', ['b.py', 'x/b.py']],
    ['a negated set', '[!a].py', ['a.py', 'x/a.py']],
    ['one letter', '?.py', []],
    ['an escaped bang is a name', '\\!a.py', ['a.py', 'b.py', 'x/a.py', 'x/b.py']],
    ['CRLF lines', 'a.py\r\nb.py\r\n', []],
  ])('%s', (_, ignore, expected) => {
    for (const path of ['a.py', 'b.py', 'x/a.py', 'x/b.py']) write(path)
    write('.gitignore', ignore)
    expect(sources()).toEqual(expected)
  })

  test('the innermost file that says something decides, and ignored folders stay closed', () => {
    for (const path of ['a.py', 'x/a.py', 'y/a.py', 'y/b.py']) write(path)
    write('.gitignore', 'a.py\ny/\n')
    write('x/.gitignore', '!a.py')
    write('y/.gitignore', '!a.py')
    expect(sources()).toEqual(['x/a.py'])
  })

  test('an audit of a sub-folder obeys the repository around it', () => {
    mkdirSync(join(root, '.git/info'), { recursive: true })
    writeFileSync(join(root, '.git/info/exclude'), 'c.py')
    for (const path of ['sub/a.py', 'sub/b.py', 'sub/c.py', 'sub/d.py']) write(path)
    write('.gitignore', '/sub/a.py\nd.py')
    expect(sources(join(root, 'sub'))).toEqual(['b.py'])
  })

  test('`exclude` speaks the same language', () => {
    for (const path of ['a.py', 'legacy/a.py']) write(path)
    expect(sources(root, ['legacy/'])).toEqual(['a.py'])
  })

  test('a hostile .gitignore costs no time', () => {
    write(`${'a'.repeat(200)}.py`)
    write('.gitignore', `${'*a'.repeat(100)}*b\n${'**/'.repeat(300)}x\n${'[a'.repeat(400)}\n`.repeat(200))
    expect(sources()).toHaveLength(1)
  })
})

describe('what is not the team’s source', () => {
  test('environments, dependencies, vendored and generated code are passed by and named', () => {
    for (const folder of ['venv', 'node_modules', 'x/_vendor', '__pycache__']) write(`${folder}/a.py`)
    write('odd-name/pyvenv.cfg')
    write('odd-name/a.py')
    write('x/api_pb2.py')
    write('x/b.py')
    const found = discover()
    expect(found.sources.map((file) => file.path)).toEqual(['x/b.py'])
    expect(found.skipped).toEqual([
      { path: '__pycache__', reason: 'cache' },
      { path: 'node_modules', reason: 'dependency' },
      { path: 'odd-name', reason: 'environment' },
      { path: 'venv', reason: 'environment' },
      { path: 'x/_vendor', reason: 'vendored' },
      { path: 'x/api_pb2.py', reason: 'generated' },
    ])
  })

  test('configuration files are listed with the sources', () => {
    for (const path of ['compose.yml', '.env.example', 'Procfile', '.github/CODEOWNERS', 'a.py']) write(path)
    expect(discover().paths).toEqual(['.env.example', '.github/CODEOWNERS', 'Procfile', 'a.py', 'compose.yml'])
  })
})

describe('a hostile tree', () => {
  test('links are counted, never followed: no loop, no way out', () => {
    write('x/a.py')
    symlinkSync('..', join(root, 'x/up'))
    symlinkSync('/', join(root, 'slash'))
    symlinkSync('x/a.py', join(root, 'b.py'))
    const found = discover()
    expect(found.sources.map((file) => file.path)).toEqual(['x/a.py'])
    expect(found.skipped.map(({ path, reason }) => `${reason} ${path}`)).toEqual([
      'link b.py',
      'link slash',
      'link x/up',
    ])
  })

  test('names with newlines, escapes and bytes that are no UTF-8 are found and can be read', () => {
    write('a\nb.py')
    write('\u001b[31mred.py')
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x63, 0xff, 0xfe]), Buffer.from('.py')]), '')
    const found = discover()
    expect(found.sources.map((file) => file.path)).toEqual(['\u001b[31mred.py', 'a\nb.py', 'c\\xff\\xfe.py'])
    expect(found.sources[2]?.location).toBeInstanceOf(Buffer)
  })

  test('a depth that no project has ends the walk', () => {
    write(`${'d/'.repeat(200)}a.py`)
    const found = discover()
    expect(found.sources).toEqual([])
    expect(found.skipped).toEqual([{ path: 'd/'.repeat(129).slice(0, -1), reason: 'too-deep' }])
  })

  test('a folder in which nothing can be looked at is skipped, and the rest is read', () => {
    // Its own path still fits, the path of what could lie in it does not; a folder without rights ends the same way.
    const way = [...'abcdefghijklmnop'].map((letter) => letter.repeat(240))
    const deep = `${way.join('/')}/`
    const folder = `${deep}${'z'.repeat(4093 - root.length - deep.length)}`
    write('a.py')
    mkdirSync(join(root, folder), { recursive: true })
    expect(sources()).toEqual(['a.py'])
  })

  test('a large file is found by its size without being read', () => {
    write('big.py')
    truncateSync(join(root, 'big.py'), 50_000_000)
    expect(discover().sources[0]?.size).toBe(50_000_000)
  })
})

test('a root that is no folder is an error of the file system', () => {
  expect(() => discover(join(root, 'nowhere'))).toThrow(/ENOENT/)
})
