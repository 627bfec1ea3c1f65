// Imports of TypeScript: how each is written, when it runs, and where it leads.
import { describe, expect, test } from 'vitest'
import type { ImportStatement } from '../contract.ts'
import { typescriptProgramOf } from '../program/project-from-text.ts'

type Files = Readonly<Record<string, string>>

const statementsOf = (files: Files, path: string): readonly ImportStatement[] => {
  const program = typescriptProgramOf(files)
  return program.imports.statementsOf(program.modules.find((module) => module.path === path)!.id)
}

/** `kind tier specifier -> target` of every statement of a file. */
const arrows = (files: Files, path = 'src/a.ts'): string[] => {
  const program = typescriptProgramOf(files)
  const id = program.modules.find((module) => module.path === path)!.id
  return program.imports.statementsOf(id).map(({ kind, tier, specifier, target }) => {
    const to =
      target.to === 'module'
        ? program.modules[target.module]!.path
        : target.to === 'nowhere'
          ? `nowhere (${target.cause})`
          : `${target.to} ${'name' in target ? target.name : target.path}`
    return `${kind} ${tier} ${specifier} -> ${to}`
  })
}

/** Where one specifier of src/a.ts leads. */
const leads = (specifier: string, files: Files = {}): string =>
  arrows({ 'src/a.ts': `import '${specifier}'\n`, ...files })[0]!.replace(/^.*-> /, '')

describe('how an import is written', () => {
  const other = { 'src/b.ts': 'export class B {}\nexport interface Shape {}\nexport default 1\n' }

  test.each([
    ["import { B } from './b'\nnew B()", 'static runtime'],
    ["import B from './b'\nB()", 'static runtime'],
    ["import * as b from './b'\nb.B", 'static runtime'],
    ["import './b'", 'static runtime'],
    ["import type { B } from './b'", 'type type-only'],
    ["import { type B } from './b'", 'type type-only'],
    ["import { type B, default as c } from './b'\nc()", 'static runtime'],
    ["import { B } from './b'\nexport const x: B | undefined = undefined", 'type type-only'],
    ["import { Shape } from './b'\nexport { Shape }", 'type type-only'],
    ["export { B } from './b'", 're-export runtime'],
    ["export { Shape } from './b'", 're-export type-only'],
    ["export type { B } from './b'", 're-export type-only'],
    ["export * from './b'", 're-export runtime'],
    ["export * as b from './b'", 're-export runtime'],
    ["const b = require('./b')", 'require runtime'],
    ["import b = require('./b')\nb.B", 'require runtime'],
    ["export function f() { return require('./b') }", 'require deferred'],
    ["export const f = () => import('./b')", 'dynamic deferred'],
    ["await import('./b')", 'dynamic deferred'],
    ["export let x: import('./b').B", 'type type-only'],
    ["export const x = y as unknown as import('./b').B", 'type type-only'],
    ["export const x = f<typeof import('./b')>()", 'type type-only'],
    ["export const C = () => <B />\nimport { B } from './b'", 'static runtime'],
  ])('%s', (source, expected) => {
    expect(arrows({ 'src/a.tsx': source, ...other }, 'src/a.tsx').map((one) => one.split(' ', 2).join(' '))).toEqual([
      expected,
    ])
  })

  test('a decorator keeps the types of a constructor at run time', () => {
    const source = "import { B } from './b'\n@Injectable() export class A { constructor(private b: B) {} }"
    expect(arrows({ 'src/a.ts': source, ...other })[0]).toBe('static runtime ./b -> src/b.ts')
  })

  test('verbatimModuleSyntax keeps what only types use, and JavaScript keeps everything', () => {
    const source = "import { B } from './b'\n"
    const config = { 'tsconfig.json': '{ "compilerOptions": { "verbatimModuleSyntax": true } }' }
    expect(arrows({ 'src/a.ts': source, ...other, ...config })[0]).toMatch(/^static runtime/)
    expect(arrows({ 'src/a.js': source, ...other }, 'src/a.js')[0]).toMatch(/^static runtime/)
  })

  test('names, lines and computed specifiers', () => {
    const source = "\nimport a, { B as C } from './b'\nimport(`./lang/$" + '{a}`)\nrequire(C)\n'
    expect(statementsOf({ 'src/a.ts': source, ...other }, 'src/a.ts')).toMatchObject([
      { line: 2, names: ['default', 'B'], specifier: './b' },
      { line: 3, names: [], specifier: './lang/…', target: { to: 'nowhere', cause: 'computed' } },
      { line: 4, specifier: 'C', target: { cause: 'computed' } },
    ])
  })
})

describe('where a specifier leads', () => {
  test.each([
    ['./b', { 'src/b.ts': '' }, 'src/b.ts'],
    ['./b.js', { 'src/b.ts': '' }, 'src/b.ts'],
    ['./b.jsx', { 'src/b.tsx': '' }, 'src/b.tsx'],
    ['./b.mjs', { 'src/b.mts': '' }, 'src/b.mts'],
    ['./b.cjs', { 'src/b.cts': '' }, 'src/b.cts'],
    ['./b.ts', { 'src/b.ts': '' }, 'src/b.ts'],
    ['./b.ts', { 'src/b.tsx': '' }, 'src/b.tsx'],
    ['./b.jsx', { 'src/b.ts': '' }, 'src/b.ts'],
    ['./constructor', {}, 'nowhere (file-missing)'],
    ['constructor', { 'package.json': '{}' }, 'nowhere (package-undeclared)'],
    ['./b.service', { 'src/b.service.ts': '' }, 'src/b.service.ts'],
    ['./b', { 'src/b/index.ts': '' }, 'src/b/index.ts'],
    ['.', { 'src/index.ts': '' }, 'src/index.ts'],
    ['../lib/', { 'lib/index.js': '' }, 'lib/index.js'],
    ['./b', { 'src/b/package.json': '{"main":"./start.js"}', 'src/b/start.ts': '' }, 'src/b/start.ts'],
    ['./b', { 'src/b.d.ts': '' }, 'src/b.d.ts'],
    ['./b.json', { 'src/b.json': '{}' }, 'file src/b.json'],
    ['./b.svg?raw', { 'src/b.svg': '' }, 'file src/b.svg'],
    ['./b', {}, 'nowhere (file-missing)'],
    ['../../b', {}, 'nowhere (file-missing)'],
    ['node:fs', {}, 'builtin fs'],
    ['fs/promises', {}, 'builtin fs/promises'],
    ['node:nothing', {}, 'nowhere (builtin-unknown)'],
    ['bun:test', {}, 'builtin bun:test'],
    ['@/b', {}, 'nowhere (alias-unmatched)'],
    ['~/b', {}, 'nowhere (alias-unmatched)'],
    ['#b', {}, 'nowhere (alias-unmatched)'],
    ['', {}, 'nowhere (file-missing)'],
  ])('%s with %o', (specifier, files, expected) => {
    expect(leads(specifier, files)).toBe(expected)
  })

  test('packages: declared here, above, by their types, not at all', () => {
    const files = {
      'package.json': '{"dependencies":{"pg":"8","@types/lodash":"4"},"devDependencies":{"@scope/tool":"1"}}',
    }
    expect(leads('pg', files)).toBe('package pg')
    expect(leads('pg/lib/client', files)).toBe('package pg')
    expect(leads('@scope/tool/deep', files)).toBe('package @scope/tool')
    expect(leads('lodash', files)).toBe('package lodash')
    expect(leads('stripe', files)).toBe('nowhere (package-undeclared)')
    expect(leads('stripe')).toBe('package stripe')
  })

  test('aliases: comments, commas, extends, the longest pattern, the base folder', () => {
    const files = {
      'tsconfig.base.json':
        '\ufeff{ // the base\n "compilerOptions": { "baseUrl": ".", "paths": { "@app/*": ["src/*"], "@app/core/*": ["core/*",], "exact": ["src/b.ts"] }, /* end */ }, }',
      'tsconfig.json': '{ "extends": "./tsconfig.base" }',
      'src/b.ts': '',
      'core/c.ts': '',
    }
    expect(leads('@app/b', files)).toBe('src/b.ts')
    expect(leads('@app/core/c', files)).toBe('core/c.ts')
    expect(leads('exact', files)).toBe('src/b.ts')
    expect(leads('core/c', files)).toBe('core/c.ts')
    expect(leads('@app/missing', files)).toBe('nowhere (alias-unmatched)')
  })

  test('the nearest configuration counts, a circle of extends ends, projects in the same folder are looked into', () => {
    const files = {
      'tsconfig.json': '{ "extends": "./other.json", "compilerOptions": { "paths": { "x": ["./root.ts"] } } }',
      'other.json': '{ "extends": "./tsconfig.json" }',
      'root.ts': '',
      'web/tsconfig.json': '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }',
      'web/tsconfig.app.json': '{ "compilerOptions": { "paths": { "x": ["./web.ts"] } } }',
      'web/web.ts': '',
      'web/a.ts': "import 'x'",
    }
    expect(leads('x', files)).toBe('root.ts')
    expect(arrows({ ...files }, 'web/a.ts')[0]).toMatch(/web\/web.ts$/)
  })

  test('a module that a declaration describes', () => {
    const files = {
      'package.json': '{}',
      'src/env.d.ts': "declare module 'virtual-pages'\ndeclare module '*.graphql' { const x: string }\n",
    }
    expect(leads('virtual-pages', files)).toBe('package virtual-pages')
    expect(leads('./a.graphql', files)).toBe('package ./a.graphql')
    expect(leads('other', files)).toBe('nowhere (package-undeclared)')
  })

  test('imports of package.json', () => {
    const files = {
      'package.json':
        '{"imports":{"#b":"./src/b.js","#deep/*":{"node":"./src/deep/*.ts"},"#pg":"pg"},"dependencies":{"pg":"8"}}',
      'src/b.ts': '',
      'src/deep/c.ts': '',
    }
    expect(leads('#b', files)).toBe('src/b.ts')
    expect(leads('#deep/c', files)).toBe('src/deep/c.ts')
    expect(leads('#deep/d', files)).toBe('nowhere (alias-unmatched)')
    expect(leads('#pg', files)).toBe('package pg')
  })

  describe('workspaces lead to their sources', () => {
    const root = (more: Files): Files => ({ 'package.json': '{"workspaces":["packages/*"]}', ...more })
    test.each([
      [
        'a condition of the sources',
        '{"name":"lib","exports":{".":{"@acme/source":"./src/main.ts","default":"./dist/main.js"}}}',
        'lib',
        'packages/lib/src/main.ts',
      ],
      [
        'exports that are not built',
        '{"name":"lib","exports":{".":"./dist/main.js"}}',
        'lib',
        'packages/lib/src/main.ts',
      ],
      ['main that is not built', '{"name":"lib","main":"dist/cjs/main.js"}', 'lib', 'packages/lib/src/main.ts'],
      [
        'a folder that is called like something built',
        '{"name":"lib","exports":{"./types":"./dist/types/index.js"}}',
        'lib/types',
        'packages/lib/src/types/index.ts',
      ],
      ['no main', '{"name":"lib"}', 'lib', 'packages/lib/src/index.ts'],
      ['a subpath', '{"name":"lib","exports":{"./*":"./dist/*.js"}}', 'lib/deep/x', 'packages/lib/src/deep/x.ts'],
      ['a subpath without exports', '{"name":"lib"}', 'lib/src/deep/x', 'packages/lib/src/deep/x.ts'],
      ['a built subpath', '{"name":"lib"}', 'lib/dist/deep/x', 'packages/lib/src/deep/x.ts'],
      [
        'a subpath that is not offered',
        '{"name":"lib","exports":{".":"./src/main.ts"}}',
        'lib/deep/x',
        'nowhere (subpath-missing)',
      ],
      ['a package without sources', '{"name":"lib","main":"x.css"}', 'lib', 'packages/lib/src/index.ts'],
    ])('%s', (_, manifest, specifier, expected) => {
      const files = root({
        'packages/lib/package.json': manifest,
        'packages/lib/src/main.ts': '',
        'packages/lib/src/index.ts': '',
        'packages/lib/src/types/index.ts': '',
        'packages/lib/src/deep/x.ts': '',
      })
      expect(leads(specifier, files)).toBe(expected)
    })

    test.each([
      ['pnpm-workspace.yaml', 'packages:\n  - "libs/**"\n  - "!**/old"\n'],
      ['lerna.json', '{"packages":["libs/*"]}'],
      ['rush.json', '{ /* all */ "projects":[{"packageName":"lib","projectFolder":"libs/lib"}] }'],
    ])('%s', (path, text) => {
      const files = {
        'package.json': '{}',
        [path]: text,
        'libs/lib/package.json': '{"name":"lib"}',
        'libs/lib/index.ts': '',
      }
      expect(leads('lib', files)).toBe('libs/lib/index.ts')
    })

    test('a package that is linked by path, and one that only lies there', () => {
      const files = { 'tools/lib/package.json': '{"name":"lib"}', 'tools/lib/index.ts': '' }
      expect(leads('lib', { ...files, 'package.json': '{"dependencies":{"lib":"file:tools/lib"}}' })).toBe(
        'tools/lib/index.ts',
      )
      expect(leads('lib', { ...files, 'package.json': '{}' })).toBe('nowhere (package-undeclared)')
    })
  })
})

describe('the graph', () => {
  test('types make no circle at run time, dynamic imports make a deferred one', () => {
    const program = (b: string) =>
      typescriptProgramOf({
        'a.ts': "import { b } from './b'\nexport const a = () => b\n",
        'b.ts': b,
      }).imports
    expect(program("import { a } from './a'\nexport const b = a\n").cycles('runtime')).toHaveLength(1)
    expect(program("import type { a } from './a'\nexport const b = 1\n").cycles('deferred')).toHaveLength(0)
    expect(program("import { a } from './a'\nexport let b: typeof a\n").cycles('runtime')).toHaveLength(0)
    const dynamic = program("export const b = () => import('./a')\n")
    expect([dynamic.cycles('runtime'), dynamic.cycles('deferred')].map((found) => found.length)).toEqual([0, 1])
  })

  test('an edge takes the kind of its strongest statement', () => {
    const { imports } = typescriptProgramOf({
      'a.ts': "import type { X } from './b'\nconst later = () => import('./b')\nexport { y } from './b'\n",
      'b.ts': 'export interface X {}\nexport const y = 1\n',
    })
    expect(imports.edges).toMatchObject([{ kind: 're-export', tier: 'runtime', line: 3 }])
  })

  test('broken manifests and hostile ones are passed by', () => {
    const deep = `{"exports":${'{"import":'.repeat(5_000)}"./x.js"${'}'.repeat(5_000)}}`
    expect(leads('./b', { 'package.json': '{', 'tsconfig.json': '[]', 'src/b.ts': '' })).toBe('src/b.ts')
    expect(leads('lib', { 'package.json': `{"name":"lib",${deep.slice(1)}`, 'src/b.ts': '' })).toBe('package lib')
    const stars = `{"compilerOptions":{"paths":{"${'a*'.repeat(500)}":["x"]}}}`
    expect(leads('a'.repeat(4_000), { 'package.json': '{}', 'tsconfig.json': stars })).toMatch(/^nowhere/)
  })
})
