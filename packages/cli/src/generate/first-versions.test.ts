// Each first version as a user gets it: generated in a copy, its own tests run and pass; what is refused writes nothing.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commands } from '../commands.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const main = new URL('../main.ts', import.meta.url).href
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'footing-generate-'))
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rm(folder, { recursive: true }))

async function footing(cwd: string, ...words: readonly string[]) {
  const script = `const { main } = await import(${JSON.stringify(main)}); process.exitCode = await main(process.argv.slice(1))`
  const argv = ['--conditions=@footing/source', '--input-type=module', '-e', script, '--', ...words]
  return run(process.execPath, argv, { cwd }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr,
    }),
  )
}

function node(cwd: string, ...words: readonly string[]) {
  return run(process.execPath, ['--conditions=@footing/source', ...words], { cwd, maxBuffer: 64 * 1024 * 1024 })
}

test.each([
  ['module', 'order-lines', 'src/order-lines/order-lines.test.ts'],
  ['capability', 'exchange-rates', 'src/exchange-rates/capability.test.ts'],
  ['driver', 'vault', 'src/vault/vault-driver.test.ts'],
])('%s: the tests that it writes pass', { timeout: 120_000 }, async (kind, name, file) => {
  expect(await footing(folder, 'generate', kind, name)).toMatchObject({ code: 0 })
  const { stdout } = await node(folder, '--test', '--test-reporter=tap', file)
  expect(stdout).toMatch(/^# fail 0$/m)
  expect(stdout).not.toMatch(/^# pass 0$/m)
})

test('rule, command and page in a clone: their checks pass', { timeout: 300_000 }, async () => {
  const clone = join(folder, 'clone')
  await mkdir(clone)
  const { stdout } = await run('git', ['ls-files', '-z'], { cwd: root })
  for (const path of stdout.split('\0').filter((each) => each !== '' && existsSync(join(root, each))))
    await cp(join(root, path), join(clone, path))
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'))
  for (const words of [
    ['rule', 'boundaries/stuff-module'],
    ['command', 'say-hello'],
    ['page', 'say-hello'],
  ]) {
    expect(await footing(clone, 'generate', ...words)).toMatchObject({ code: 0 })
  }
  await node(clone, 'packages/audit/scripts/index-rules.ts')
  await writeFile(
    join(clone, 'vitest.config.ts'),
    `export default { ssr: { resolve: { conditions: ['@footing/source'], externalConditions: ['@footing/source'] } }, resolve: { conditions: ['@footing/source'] } }`,
  )
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const pages = ['packages/audit/src/rules/pages.test.ts', '-t', 'boundaries/stuff-module|the catalogue']
  await node(clone, vitest, 'run', '--root', clone, ...pages)
  await node(clone, vitest, 'run', '--root', clone, 'packages/cli/src/parse.test.ts')
  expect(await readFile(join(clone, 'docs/README.md'), 'utf8')).toContain('(say-hello.md)')
})

test('what exists is not replaced, a wrong kind, name or place is told, and nothing is written', async () => {
  const empty = join(folder, 'empty')
  await mkdir(join(empty, 'src/twice'), { recursive: true })
  await writeFile(join(empty, 'src/twice/twice.ts'), 'mine')
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['module', 'twice'], 'exists already'],
    [['modul', 'x'], 'does not know'],
    [['module', '../../etc/passwd'], 'cannot be used'],
    [['module', 'Ünïcode'], 'cannot be used'],
    [['module', 'a'.repeat(41)], 'cannot be used'],
    [['rule', 'weather/rain'], 'cannot be used'],
    [['rule', 'state/clock'], 'not a clone'],
  ]
  for (const [words, told] of cases) {
    const { code, text } = await footing(empty, 'generate', ...words)
    expect([words, code]).toEqual([words, 2])
    expect(text).toContain(told)
  }
  expect(await readdir(empty, { recursive: true })).toEqual(['src', 'src/twice', 'src/twice/twice.ts'])
  expect(commands.map(({ name }) => name)).toContain('generate')
})
