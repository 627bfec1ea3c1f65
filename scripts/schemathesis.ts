// Asks the example what its own description promises: schemathesis makes requests of it, good and bad, and looks whether
// each answer is one that the description has. Needs Python 3.10 and, the first time, PyPI; takes one to three minutes.
//   node --conditions=@footing/source scripts/schemathesis.ts [--seed 7] [--cases 8]
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { stopOwnServers } from '@footing/core/testing'
import { startConduit } from '../examples/conduit/src/specification/running-conduit.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const pinned = join(root, 'scripts', 'schemathesis.txt')
const longestMs = 180_000

const oneself = 'nobody follows or supports himself, and the RealWorld specification knows only 422 for that'
const taken = 'a name that is taken is 422 in the RealWorld specification'

/** Operations where 422 may answer what the description allows, each with its reason. */
const refusals: Readonly<Record<string, string>> = {
  'POST /users': taken,
  'PUT /user': taken,
  'POST /profiles/{username}/follow': oneself,
  'POST /profiles/{username}/pledge': oneself,
  'PUT /articles/{slug}': 'the generator gives up on a choice of texts up to 200,000 characters and sends the number 0',
}

/** The programs, installed once for each set of versions; undefined with the reason on stderr when that cannot be done. */
function install(): string | undefined {
  const tag = createHash('sha256').update(readFileSync(pinned)).digest('hex').slice(0, 12)
  const folder = join(root, '.footing', `schemathesis-${tag}`)
  const bin = join(folder, 'bin')
  if (existsSync(join(folder, 'installed'))) return bin
  const steps = [
    ['python3', '-m', 'venv', folder],
    [join(bin, 'python'), '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', pinned],
  ] as const
  for (const [command, ...args] of steps) {
    const ran = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 })
    if (ran.status === 0) continue
    process.stderr.write(
      `schemathesis could not be installed: ${command} ${args.join(' ')}\n${ran.error?.message ?? ran.stderr}\n` +
        'It comes from PyPI into .footing/. Install Python 3.10 or newer with venv, make PyPI or a mirror reachable ' +
        '(PIP_INDEX_URL), and run npm run schemathesis again.\n',
    )
    return undefined
  }
  writeFileSync(join(folder, 'installed'), '')
  return bin
}

function configuration(): string {
  const expected = '["2xx", "401", "403", "404", "422"]'
  return Object.entries(refusals)
    .map(
      ([name, reason]) =>
        `# ${reason}\n[[operations]]\ninclude-name = "${name}"\nchecks.positive_data_acceptance.expected-statuses = ${expected}\n`,
    )
    .join('\n')
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '4242' }, cases: { type: 'string', default: '8' } },
  })
  const bin = install()
  if (bin === undefined) return 2
  const folder = join(root, '.footing', 'schemathesis-run')
  mkdirSync(folder, { recursive: true })
  const conduit = await startConduit({ pooled: false })
  try {
    const { token } = await conduit.newcomer('tester')
    const article = { title: 'An article', description: 'About it', body: 'Its text', tagList: ['tag'] }
    await conduit.api.call('CreateArticle', { token, body: { article } })
    const description = join(folder, 'openapi.json')
    writeFileSync(description, await (await fetch(`${conduit.url}/openapi.json`)).text())
    const settings = join(folder, 'schemathesis.toml')
    writeFileSync(settings, configuration())
    const valid = await run(join(bin, 'openapi-spec-validator'), [description], folder)
    const options = [
      '--seed',
      values.seed,
      '--max-examples',
      values.cases,
      '--phases',
      'coverage,fuzzing',
      '--checks',
      'all',
    ]
    const quiet = ['--continue-on-failure', '--no-shrink', '--suppress-health-check', 'all', '--warnings', 'off']
    const asked = ['run', `${conduit.url}/openapi.json`, '--header', `Authorization: Token ${token}`]
    const tested = await run(
      join(bin, 'schemathesis'),
      ['--config-file', settings, ...asked, ...options, ...quiet],
      folder,
    )
    return valid === 0 && tested === 0 ? 0 : 1
  } finally {
    await conduit.stop()
    await stopOwnServers()
  }
}

function run(command: string, args: readonly string[], cwd: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], timeout: longestMs, cwd })
  child.on('error', () => resolve(2))
  child.on('close', (code) => resolve(code ?? 2))
  return promise
}

process.exitCode = await main()
