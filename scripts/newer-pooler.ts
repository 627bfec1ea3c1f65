// Tests against a PgBouncer that keeps track of prepared statements (1.21 and newer). Takes the one of the machine when it is new
// enough, else builds the next Debian release's from its source, with the package source that this machine uses already.
// Run: npm run test:newer-pooler [another path of pgbouncer in FOOTING_NEWER_PGBOUNCER]
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = fileURLToPath(new URL('../node_modules/.cache/footing/pgbouncer/', import.meta.url))
const nextRelease = 'trixie'
const remedy = 'Set FOOTING_NEWER_PGBOUNCER to the path of a PgBouncer 1.21 or newer.'
const debianKeys = '/usr/share/keyrings/debian-archive-keyring.gpg'
const debianName: Readonly<Record<string, string>> = { libevent: 'libevent-dev', openssl: 'libssl-dev' }

const program = process.env.FOOTING_NEWER_PGBOUNCER ?? ['pgbouncer', '/usr/sbin/pgbouncer'].find(isNew) ?? build()
if (!isNew(program)) fail(`${program} is not a PgBouncer 1.21 or newer.`)
process.stderr.write(`${run(program, ['--version']).split('\n')[0]}\n`)
const tests = spawnSync('vitest', ['run', '--config', 'vitest.newer-pooler.config.ts'], {
  stdio: 'inherit',
  env: { ...process.env, FOOTING_NEWER_PGBOUNCER: program },
})
process.exitCode = tests.status ?? 2

function isNew(path: string): boolean {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  const [, major = 0, minor = 0] = /PgBouncer (\d+)\.(\d+)/.exec(stdout ?? '') ?? []
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 21)
}

function build(): string {
  const built = join(cache, 'pgbouncer')
  if (existsSync(built)) return built
  const missing = [
    ['apt-get', 'apt'],
    ['dpkg-source', 'dpkg-dev'],
    ['cc', 'gcc'],
    ['make', 'make'],
    ['pkg-config', 'pkg-config'],
  ].filter(([name = '']) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0)
  const libraries = ['libevent', 'openssl'].filter((name) => spawnSync('pkg-config', ['--exists', name]).status !== 0)
  const packages = [...missing.map(([, name]) => name), ...libraries.map((name) => debianName[name])]
  if (packages.length > 0) fail(`Building PgBouncer needs: sudo apt-get install -y ${packages.join(' ')}`)

  process.stderr.write(`building the PgBouncer of Debian ${nextRelease}, once, about a minute\n`)
  for (const folder of ['lists/partial', 'archives/partial', 'source']) {
    mkdirSync(join(cache, folder), { recursive: true })
  }
  writeFileSync(join(cache, 'list.sources'), sourceList())
  // Lists and downloads of its own: the machine's package manager does not notice.
  const own = [
    ['Dir::Etc::sourcelist', join(cache, 'list.sources')],
    ['Dir::Etc::sourceparts', join(cache, 'none')],
    ['Dir::State::lists', join(cache, 'lists')],
    ['Dir::Cache', cache],
  ].flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const source = join(cache, 'source')
  run('apt-get', ['-q', ...own, 'update'], source)
  run('apt-get', ['-q', ...own, 'source', 'pgbouncer'], source)
  const folder = readdirSync(source, { withFileTypes: true }).find((entry) => entry.isDirectory())?.name
  if (folder === undefined) fail('The package source has no PgBouncer.')
  const place = join(source, folder)
  run('./configure', ['--without-pam', '--without-systemd', '--without-cares', '--disable-dependency-tracking'], place)
  run('make', ['-j2', 'pgbouncer'], place)
  run('cp', [join(place, 'pgbouncer'), built])
  return built
}

// Where this machine gets its own Debian packages from.
function sourceList(): string {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)'
  const targets = run('apt-get', ['indextargets', 'Created-By: Packages', 'Origin: Debian', '--format', format])
  const found = targets.split('\n').map((line) => line.split(' '))
  // Security and updates have releases of their own, with a hyphen.
  const [address] = found.find(([, release, component]) => component === 'main' && !release?.includes('-')) ?? []
  if (address === undefined) fail('This machine has no package source of Debian.')
  const signed = existsSync(debianKeys) ? `Signed-By: ${debianKeys}\n` : ''
  return `Types: deb-src\nURIs: ${address}\nSuites: ${nextRelease}\nComponents: main\n${signed}`
}

function run(command: string, args: readonly string[], cwd?: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n').slice(-3) : []
    return fail(`${command} ${args.at(-1)} failed: ${said.join(' | ') || String(error)}`)
  }
}

function fail(reason: string): never {
  process.stderr.write(`${reason}\n${remedy}\n`)
  process.exit(2)
}
