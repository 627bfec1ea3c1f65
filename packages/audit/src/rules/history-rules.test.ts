// The rules that judge by history, on made commits: an example on a page has none.
import { describe, expect, it } from 'vitest'
import { readConfig } from '../extract/config/read-config.ts'
import { type Commit, makeHistory, noHistory } from '../extract/git/history.ts'
import { NO_MANIFESTS } from '../extract/manifests/contract.ts'
import { readPython } from '../extract/python/read-python.ts'
import { StringPool } from '../facts/string-pool.ts'
import { SyntaxTree } from '../facts/tree.ts'
import { buildProgram } from '../graph/program/build-program.ts'
import type { Rule, RuleContext } from '../rule/rule.ts'
import { DEFAULT_SETTINGS } from '../settings/settings.ts'
import { rule as godModule } from './boundaries/god-module.ts'
import { rule as hubModule } from './boundaries/hub-module.ts'
import { rule as technologyAlignedFolders } from './boundaries/technology-aligned-folders.ts'
import { rule as unownedCode } from './boundaries/unowned-code.ts'
import { rule as lockstepService } from './services/lockstep-service.ts'

const DAY = 86_400

/** Commits a day apart, newest first; `files` says what the commit number `n` changes. */
function commits(count: number, files: (n: number) => readonly string[], authors = 8): Commit[] {
  return Array.from({ length: count }, (_, n) => ({
    time: 1_700_000_000 - n * DAY,
    author: `a${n % authors}`,
    files: files(n),
  }))
}

function judge({ judges }: Rule, files: Readonly<Record<string, string>>, history: RuleContext['history']) {
  const paths = Object.keys(files).sort()
  const pool = new StringPool()
  const trees = paths
    .filter((path) => path.endsWith('.py'))
    .map((path) => readPython(files[path] ?? '', path, pool))
    .filter((tree) => tree instanceof SyntaxTree)
  const config = readConfig({ paths, read: (path) => files[path] })
  if (judges.python === undefined) throw new TypeError('the rule reads no Python')
  return judges.python({
    language: 'python',
    program: buildProgram(trees),
    trees,
    config,
    history,
    settings: DEFAULT_SETTINGS,
    paths,
    manifests: NO_MANIFESTS,
  })
}

const lines = (result: ReturnType<typeof judge>) =>
  result.detections.map(({ place, evidence }) => `${place.path} ${evidence}`)

describe('boundaries/god-module', () => {
  const files: Record<string, string> = { 'shop/__init__.py': '' }
  for (let n = 0; n < 12; n++) files[`shop/above${n}.py`] = 'from shop.grown import thing0\n'
  const body = (count: number) => Array.from({ length: count }, (_, n) => `thing${n} = ${n}\n`).join('')
  files['shop/grown.py'] = body(1700)
  files['shop/huge.py'] = body(3200)
  files['shop/above1.py'] += 'from shop.huge import thing1\n'
  files['shop/above2.py'] += 'from shop.huge import thing1\n'
  const often = makeHistory(
    commits(300, (n) => (n % 3 === 0 ? ['shop/grown.py', 'shop/huge.py'] : ['shop/grown.py'])),
    '',
  )

  it('reports a large file that many import, and a huge one that few do, when they change all the time', () => {
    expect(lines(judge(godModule, files, often))).toEqual(['shop/grown.py grown'])
    const both = makeHistory(
      commits(300, (n) => (n % 3 === 0 ? ['shop/above3.py'] : ['shop/huge.py'])),
      '',
    )
    expect(lines(judge(godModule, files, both))).toEqual(['shop/huge.py grown'])
  })

  it('leaves a small file alone, and says when there is no history', () => {
    expect(lines(judge(godModule, { ...files, 'shop/grown.py': body(100) }, often))).toEqual([])
    expect(judge(godModule, files, noHistory('no git')).couldNotTell).toContain('no git')
  })
})

describe('boundaries/hub-module', () => {
  const files: Record<string, string> = { 'shop/__init__.py': '' }
  const names = Array.from({ length: 24 }, (_, n) => n)
  for (const n of names) files[`shop/above${n}.py`] = `from shop.hub import thing${n}\n`
  for (const n of names) files[`shop/below${n}.py`] = `value${n} = ${n}\n`
  const taken = names.map((n) => `thing${n} = ${n}`).join('\n')
  files['shop/hub.py'] = `${names.map((n) => `from shop.below${n} import value${n}`).join('\n')}\n${taken}\n`
  const often = makeHistory(
    commits(300, (n) => (n % 3 === 0 ? ['shop/above1.py'] : ['shop/hub.py'])),
    '',
  )

  it('reports a module with many importers and imports that changes all the time', () => {
    expect(lines(judge(hubModule, files, often))).toEqual(['shop/hub.py hub'])
  })

  it('leaves one alone that everybody needs for the same thing', () => {
    const base = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [
        path,
        path.includes('above') ? 'from shop.hub import thing0\n' : text,
      ]),
    )
    expect(lines(judge(hubModule, base, often))).toEqual([])
    // Taken whole, nothing says how much of it is used.
    const whole = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [path, path.includes('above') ? 'import shop.hub\n' : text]),
    )
    expect(lines(judge(hubModule, whole, often))).toEqual(['shop/hub.py hub'])
  })

  it('leaves one alone that does not change, and one that only names things', () => {
    const still = makeHistory(
      commits(300, () => ['shop/above1.py']),
      '',
    )
    expect(lines(judge(hubModule, files, still))).toEqual([])
    const renamed = Object.fromEntries(
      Object.entries(files).map(([path, text]) => [
        path.replace('hub', 'constants'),
        text.replace('shop.hub', 'shop.constants'),
      ]),
    )
    const changing = makeHistory(
      commits(300, () => ['shop/constants.py']),
      '',
    )
    expect(lines(judge(hubModule, renamed, changing))).toEqual([])
  })

  it('says that it could not tell without enough history', () => {
    expect(judge(hubModule, files, noHistory('not a git repository'))).toMatchObject({
      examined: { count: 0 },
      couldNotTell: 'Not enough history: not a git repository.',
    })
  })
})

describe('boundaries/technology-aligned-folders', () => {
  const body = Array.from({ length: 70 }, (_, n) => `x${n} = ${n}`).join('\n')
  const files: Record<string, string> = {}
  for (const kind of ['models', 'services', 'views'])
    for (const name of ['a', 'b', 'c', 'd']) files[`shop/${kind}/${name}.py`] = `${body}\n`

  it('is definite when changes cross the kinds, silent when they stay within one', () => {
    const crossing = makeHistory(
      commits(300, () => ['shop/models/a.py', 'shop/views/a.py']),
      '',
    )
    expect(judge(technologyAlignedFolders, files, crossing).detections).toMatchObject([{ confidence: 'definite' }])
    const within = makeHistory(
      commits(300, () => ['shop/models/a.py', 'shop/models/b.py']),
      '',
    )
    expect(judge(technologyAlignedFolders, files, within).detections).toEqual([])
  })
})

describe('boundaries/unowned-code', () => {
  const modules = Object.fromEntries(Array.from({ length: 25 }, (_, n) => [`shop/m${n}.py`, 'x = 1\n']))
  const busy = makeHistory(
    commits(300, () => ['shop/m3.py']),
    '',
  )

  it('reports a missing file where enough people work, and hotspots that no line covers', () => {
    expect(lines(judge(unownedCode, { ...modules, 'README.md': '' }, busy))).toEqual(['README.md no CODEOWNERS'])
    expect(
      lines(judge(unownedCode, { ...modules, CODEOWNERS: '/docs/x @a\n/shop/m4.py @a\n', 'docs/x': '' }, busy)),
    ).toEqual(['shop/m3.py hotspots without owner'])
    expect(lines(judge(unownedCode, { ...modules, CODEOWNERS: '/shop/ @a\n' }, busy))).toEqual([])
  })

  it('does not ask two people for a file', () => {
    const two = makeHistory(
      commits(300, () => ['shop/m3.py'], 2),
      '',
    )
    expect(judge(unownedCode, modules, two)).toMatchObject({
      detections: [],
      couldNotTell: 'With 2 authors in a year everybody knows who owns what.',
    })
  })
})

describe('services/lockstep-service', () => {
  const body = Array.from({ length: 2500 }, (_, n) => `x${n} = ${n}`).join('\n')
  const files = {
    'compose.yaml': 'services:\n  orders:\n    build: ./orders\n  billing:\n    build: ./billing\n',
    'orders/app.py': `${body}\n`,
    'billing/app.py': `${body}\n`,
  }

  it('reports services that change together, and leaves those that do not', () => {
    const together = makeHistory(
      commits(300, (n) => (n % 3 === 0 ? ['orders/app.py'] : ['orders/app.py', 'billing/app.py'])),
      '',
    )
    expect(lines(judge(lockstepService, files, together)).sort()).toEqual([
      'compose.yaml changes in lockstep',
      'compose.yaml changes in lockstep',
    ])
    const apart = makeHistory(
      commits(300, (n) => (n % 2 === 0 ? ['orders/app.py'] : ['billing/app.py'])),
      '',
    )
    expect(lines(judge(lockstepService, files, apart))).toEqual([])
  })

  it('reports a service of a few lines and one author', () => {
    const apart = makeHistory(
      commits(300, (n) => (n % 2 === 0 ? ['orders/app.py'] : ['billing/app.py']), 2),
      '',
    )
    expect(lines(judge(lockstepService, { ...files, 'billing/app.py': 'x = 1\n' }, apart))).toEqual([
      'compose.yaml small',
    ])
  })
})
