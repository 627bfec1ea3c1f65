// The packages as they are published: packed from a copy of the workspace, installed outside of it, imported, type-checked.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from './published-manifest.ts'

const workspace = fileURLToPath(new URL('..', import.meta.url))
const folders = ['kernel', 'footing', 'audit', 'console', 'cli']
const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

interface Packed {
  readonly name: string
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

let root = ''
let project = ''
let packed: readonly Packed[] = []
// In a copy, because packing changes the manifests for a moment and other tests read them.
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'published packages '))
  const copy = join(root, 'workspace')
  project = join(root, 'project')
  mkdirSync(join(copy, 'scripts'), { recursive: true })
  cpSync(join(workspace, 'scripts/published-manifest.ts'), join(copy, 'scripts/published-manifest.ts'))
  writeFileSync(join(copy, 'package.json'), '{"private":true,"type":"module"}')
  for (const folder of folders) {
    cpSync(join(workspace, 'packages', folder), join(copy, 'packages', folder), {
      recursive: true,
      filter: (path) => !path.includes('node_modules'),
    })
  }
  packed = await Promise.all(folders.map((folder) => pack(join(copy, 'packages', folder))))
  install()
}, 240_000)
afterAll(() => rmSync(root, { recursive: true, force: true }))

const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }

async function pack(folder: string): Promise<Packed> {
  const before = readFileSync(join(folder, 'package.json'), 'utf8')
  const child = spawn('npm', ['pack', '--json', '--pack-destination', root], { cwd: folder, env })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  expect(await once(child, 'close')).toEqual([0, null])
  expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe(before)
  // What npm prints, after the lines of the scripts around it.
  const [one] = JSON.parse(said.slice(said.indexOf('[\n'))) as readonly Packed[]
  if (one === undefined) throw new Error(`npm pack said: ${said}`)
  return one
}

/** An empty project with the tarballs and what they declare to depend on; the latter comes from the workspace. */
function install(): void {
  const modules = join(project, 'node_modules')
  mkdirSync(modules, { recursive: true })
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  for (const { name, filename } of packed) {
    const target = join(modules, name)
    mkdirSync(target, { recursive: true })
    const { status } = spawnSync('tar', ['-xzf', join(root, filename), '-C', target, '--strip-components=1'])
    expect(status).toBe(0)
  }
  const declared = packed.flatMap(({ name }) => declaredBy(manifestOf(join(modules, name))))
  for (const name of new Set([...declared, '@types/node'])) {
    if (existsSync(join(modules, name))) continue
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(workspace, 'node_modules', name), join(modules, name))
  }
}

/** Dependencies, and the peers that npm installs along with them. */
function declaredBy({
  dependencies = {},
  peerDependencies = {},
  peerDependenciesMeta = {},
}: Manifest): readonly string[] {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)
  return [...Object.keys(dependencies), ...peers]
}

function node(program: string, args: readonly string[] = [], at = process.execPath) {
  const { status, stdout, stderr } = spawnSync(at, [...args, '--input-type=module', '-e', program], {
    cwd: project,
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

const entries = (): readonly string[] =>
  packed.flatMap(({ name }) =>
    Object.keys(manifestOf(join(project, 'node_modules', name)).exports ?? {}).map((path) => join(name, path)),
  )

test('a tarball has README, LICENSE, types and what runs; no tests', () => {
  for (const { name, files } of packed) {
    const paths = files.map(({ path }) => path)
    expect({ name, paths }).toEqual({ name, paths: expect.arrayContaining(['README.md', 'LICENSE', 'package.json']) })
    expect(paths.filter((path) => /\.(test|fixture)\.|\/golden\/|\.tsbuildinfo$/.test(path))).toEqual([])
    const { exports = {} } = manifestOf(join(project, 'node_modules', name))
    for (const targets of Object.values(exports)) {
      expect(Object.keys(targets)).toEqual(['types', 'default'])
      for (const target of Object.values(targets))
        expect(existsSync(join(project, 'node_modules', name, target))).toBe(true)
    }
  }
})

test('every licence is the one of the project', () => {
  const licence = readFileSync(join(workspace, 'LICENSE'), 'utf8')
  for (const folder of folders)
    expect(readFileSync(join(workspace, 'packages', folder, 'LICENSE'), 'utf8')).toBe(licence)
})

test.each([[[]], [['--conditions=@footing/source']]])('every entry can be imported, with %j too', (conditions) => {
  expect(entries().length).toBeGreaterThan(15)
  const program = `for (const name of ${JSON.stringify(entries())}) await import(name)`
  expect(node(program, conditions)).toEqual({ status: 0, said: '' })
})

test('the types of every entry hold without skipLibCheck', () => {
  const imports = entries().map((name, index) => `import * as entry${index} from '${name}'\nvoid entry${index}`)
  writeFileSync(join(project, 'all.ts'), imports.join('\n'))
  const options = { module: 'nodenext', target: 'es2024', strict: true, noEmit: true, types: ['node'] }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['all.ts'] }))
  const { stdout } = spawnSync(join(workspace, 'node_modules/.bin/tsc'), ['-p', project], { env, encoding: 'utf8' })
  expect(stdout).toBe('')
})

test('the command runs, and finds the pages that it shows', () => {
  const bin = join(project, 'node_modules/footing/bin/footing.js')
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [bin, ...args], { cwd: project, encoding: 'utf8' })
  expect(run('--help').stdout).toContain('footing')
  expect(run('audit', '--explain', 'async/blocking-call-in-async').stdout).toContain('blocking-call-in-async')
  expect(run('explain', 'app-missing')).toMatchObject({ status: 0 })
})

describe('on a Node that is too old', () => {
  const old = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .find(isOld)

  test.skipIf(old === undefined)('each package says so in one sentence', () => {
    for (const name of ['@footing/core', '@footing/core/testing', '@footing/core/http', '@footing/audit', 'footing']) {
      const { said } = node(`await import('${name}').catch((error) => console.log(error.message))`, [], old)
      expect(said).toMatch(/^Footing needs Node 22\.18 or newer; this is Node .*\n$/)
    }
  })
})

function isOld(program: string): boolean {
  if (!existsSync(program)) return false
  const [, major = '99', minor = '0'] =
    /^v(\d+)\.(\d+)/.exec(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout) ?? []
  return Number(major) < 22 || (Number(major) === 22 && Number(minor) < 18)
}
