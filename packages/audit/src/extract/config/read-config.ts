// Reads the configuration files of a tree: which file is what, within limits, and a name for each that could not be read.
import { createHash } from 'node:crypto'
import type { Place } from '../../facts/place.ts'
import { type Affinity, affinityIn } from './affinity.ts'
import { OWNERS_PATHS, readCodeowners } from './codeowners.ts'
import { serversOf } from './command-line.ts'
import { environmentOf, readCompose } from './compose.ts'
import type {
  ConfigFacts,
  ConfigProblem,
  ConsoleScript,
  DatabaseAddress,
  DeclaredService,
  Dependency,
  MigrationTool,
  OwnersFile,
  Pooler,
  ServerSetting,
  StartedCode,
} from './contract.ts'
import { addressesOf, isHarmless } from './database-address.ts'
import { type DependencyResult, normaliseName, readRequirements, readSetup, readToml } from './dependencies.ts'
import { readDockerfile } from './dockerfile.ts'
import { readGunicornSettings, readPgbouncerIni } from './gunicorn-settings.ts'
import { readKubernetes } from './kubernetes.ts'
import { startedBy } from './started-code.ts'

/** What the reader needs of the tree. `read` gives undefined for what cannot be read. */
export interface ConfigSource {
  /** Sorted, `/` between segments. */
  readonly paths: readonly string[]
  read(path: string): string | undefined
}

/** A longer configuration file is data or an attack. */
const MAX_CHARS = 1_000_000
/** Files of one kind that are read; a monorepo has hundreds, a fixture folder has thousands. */
const MAX_FILES = 3000
const MAX_STARTED = 2000
/** Kinds of files in which balancers are set up. */
const AFFINE: ReadonlySet<Kind> = new Set<Kind>(['balancer', 'kubernetes', 'compose', 'script'])

type Kind =
  | 'compose'
  | 'kubernetes'
  | 'dockerfile'
  | 'procfile'
  | 'gunicorn'
  | 'pgbouncer'
  | 'requirements'
  | 'toml'
  | 'setup'
  | 'env'
  | 'script'
  | 'postgres'
  | 'balancer'

/** Configuration as text: enough to tell whether it has changed. */
export interface GatheredConfig {
  /** The same digest and the same paths, the same facts. */
  readonly digest: string
  /** What the texts say; read once. Never throws for what a file holds. */
  facts(): ConfigFacts
}

interface ConfigText {
  readonly kind: Kind
  readonly path: string
  readonly text: string | undefined
}

/** Reads the texts of the configuration files, and what they say when somebody asks. */
export function gatherConfig(source: ConfigSource): GatheredConfig {
  const known = source.paths.flatMap((path) => {
    const kind = kindOf(path)
    return kind === undefined ? [] : [{ kind, path }]
  })
  const texts = known.slice(0, MAX_FILES).map((file): ConfigText => ({ ...file, text: source.read(file.path) }))
  const ownersPath = OWNERS_PATHS.find((path) => source.paths.includes(path))
  const ownersText = ownersPath === undefined ? undefined : source.read(ownersPath)?.slice(0, MAX_CHARS)
  const hash = createHash('sha256')
  for (const { path, text } of texts) hash.update(`${path}\0${text ?? '\0'}\0`)
  hash.update(ownersText ?? '')
  let facts: ConfigFacts | undefined
  return {
    digest: hash.digest('hex'),
    facts() {
      const owners =
        ownersPath === undefined || ownersText === undefined ? undefined : readCodeowners(ownersPath, ownersText)
      facts ??= factsOf(texts, known[MAX_FILES]?.path, owners, source.paths)
      return facts
    },
  }
}

/** Everything that configuration files say. */
export function readConfig(source: ConfigSource): ConfigFacts {
  return gatherConfig(source).facts()
}

function factsOf(
  texts: readonly ConfigText[],
  firstLeftOut: string | undefined,
  owners: OwnersFile | undefined,
  paths: readonly string[],
): ConfigFacts {
  const found = new Collector()
  for (const { kind, path, text } of texts) {
    if (text === undefined) found.problems.push({ path, reason: 'could not be read' })
    else if (text.length > MAX_CHARS) found.problems.push({ path, reason: `longer than ${MAX_CHARS} characters` })
    else if (text.includes('\0')) found.problems.push({ path, reason: 'holds null bytes' })
    else found.add(kind, path, text)
  }
  if (firstLeftOut !== undefined) {
    const reason = `more than ${MAX_FILES} configuration files; this and later ones were not read`
    found.problems.push({ path: firstLeftOut, reason })
  }
  const names = new Set(found.dependencies.map((dependency) => dependency.name))
  return {
    services: found.services,
    servers: found.servers,
    poolers: found.poolers,
    databases: found.databases,
    started: found.started,
    consoleScripts: found.consoleScripts,
    dependencies: found.dependencies,
    environment: found.environment,
    maxConnections: found.maxConnections,
    affinity: found.affinity,
    problems: found.problems,
    owners,
    migrations: migrationsOf(paths),
    dependsOn: (name) => names.has(normaliseName(name)),
    files: texts.length + (owners === undefined ? 0 : 1),
  }
}

/** What a path is by its name, or undefined. Test fixtures and vendored trees are passed over. */
function kindOf(path: string): Kind | undefined {
  if (/(?:^|\/)(?:node_modules|\.git|site-packages|vendor|third_party|fixtures?|testdata|crds)\//.test(path))
    return undefined
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const yaml = /\.ya?ml$/.test(name)
  if (yaml && /^(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml$/.test(name)) return 'compose'
  if (
    yaml &&
    /(?:^|\/)(?:charts?|helm|k8s|kubernetes|kube|manifests?|deploy(?:ment)?s?|kustomize|templates|openshift)\//i.test(
      path,
    ) &&
    !/(?:^|\/)\.github\//.test(path)
  )
    return 'kubernetes'
  if (/^(?:dockerfile|containerfile)(?:[._-].*)?$/.test(name) || /\.dockerfile$/.test(name)) return 'dockerfile'
  if (/^procfile(?:\..*)?$/.test(name)) return 'procfile'
  if (/^gunicorn[\w.-]*\.py$/.test(name) || name === 'gunicorn.conf') return 'gunicorn'
  if (/^pgbouncer.*\.(?:ini|conf)$/.test(name)) return 'pgbouncer'
  if (/^postgresql.*\.conf$/.test(name)) return 'postgres'
  if (
    /requirements?[\w.-]*\.(?:txt|in)$/.test(name) ||
    (/(?:^|\/)requirements\//.test(path) && /\.(?:txt|in)$/.test(name))
  )
    return 'requirements'
  if (name === 'pyproject.toml' || name === 'pipfile') return 'toml'
  if (name === 'setup.cfg' || name === 'setup.py') return 'setup'
  if (
    /^\.?env(?:\.[\w.-]+)?$|^[\w.-]+\.env$|^\.env[\w.-]*$|^env\.example$/.test(name) &&
    !/\.(?:py|ts|js|rc)$/.test(name)
  )
    return 'env'
  if (
    /nginx/i.test(path)
      ? /\.(?:conf|tmpl|template|j2)$/.test(name)
      : /^(?:haproxy[\w.-]*\.cfg|caddyfile|traefik[\w.-]*\.(?:ya?ml|toml))$|\.tf$|^app\.ya?ml$/.test(name)
  )
    return 'balancer'
  // Units of systemd, runit and supervisord are read as scripts: one command a line.
  if (
    /\.sh$|\.service$|^supervisord?.*\.conf/.test(name) ||
    /(?:^|\/)(?:docker|services?|systemd|conf|conf\.d)\/.*\.conf(?:\.\w+)?$/.test(path) ||
    /(?:^|\/)(?:entrypoint|start|run|server|docker-entrypoint)$/.test(path)
  )
    return 'script'
  return undefined
}

/** Rows of a script that are worth splitting into words. */
const STARTS = /\b(?:python|node|exec|bun|tsx)|\.py\b|^\s*(?:ExecStart|command)\s*=/

class Collector {
  readonly services: DeclaredService[] = []
  readonly servers: ServerSetting[] = []
  readonly poolers: Pooler[] = []
  readonly databases: DatabaseAddress[] = []
  readonly started: StartedCode[] = []
  readonly consoleScripts: ConsoleScript[] = []
  readonly dependencies: Dependency[] = []
  readonly environment: { name: string; value: string; place: Place }[] = []
  readonly maxConnections: { value: number; place: Place }[] = []
  readonly affinity: Affinity[] = []
  readonly problems: ConfigProblem[] = []

  add(kind: Kind, path: string, text: string): void {
    if (AFFINE.has(kind)) this.affinity.push(...affinityIn(path, text))
    if (kind === 'compose') this.#services(path, readCompose(path, text))
    else if (kind === 'kubernetes') this.#services(path, readKubernetes(path, text))
    else if (kind === 'dockerfile') this.#services(path, { services: readDockerfile(path, text), problem: '' })
    else if (kind === 'procfile') this.#procfile(path, text)
    else if (kind === 'gunicorn')
      this.servers.push(...[readGunicornSettings(path, text)].filter((setting) => setting !== undefined))
    else if (kind === 'pgbouncer') this.poolers.push(readPgbouncerIni(path, text))
    else if (kind === 'requirements') this.#dependencies(path, readRequirements(path, text))
    else if (kind === 'toml') this.#dependencies(path, readToml(path, text))
    else if (kind === 'setup') this.#dependencies(path, readSetup(path, text))
    else if (kind === 'env') this.#environment(path, text)
    else if (kind === 'script') this.#script(path, text)
    else this.#postgres(path, text)
  }

  #services(path: string, { services, problem }: { services: readonly DeclaredService[]; problem: string }): void {
    if (problem !== '') this.problems.push({ path, reason: problem })
    for (const service of services) {
      this.services.push(withoutSecrets(service))
      const { place, name, command, environment, image } = service
      this.servers.push(...serversOf(command, place, name, environment))
      this.#start(command, place, name)
      this.databases.push(...addressesOf(environment, name, () => place))
      const pooler = poolerOf(service)
      if (pooler !== undefined) this.poolers.push(pooler)
      const connections = /max_connections\s*=\s*(\d+)/.exec(command)?.[1]
      if (connections !== undefined && /postgres|postgis|timescale/.test(image)) {
        this.maxConnections.push({ value: Number(connections), place })
      }
    }
  }

  #procfile(path: string, text: string): void {
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const match = /^([A-Za-z][\w-]*):\s*(.+)$/.exec(line)
      if (match === null) continue
      const place = { path, line: index + 1 }
      const [, name = '', command = ''] = match
      this.services.push({
        name,
        kind: 'procfile',
        place,
        image: '',
        build: '.',
        command,
        replicas: undefined,
        environment: new Map(),
        ports: [],
        profiles: [],
      })
      this.servers.push(...serversOf(command, place, name))
      this.#start(command, place, name)
    }
  }

  #start(command: string, place: Place, service: string): void {
    // Fixtures of a deployment tool hold thousands; what starts a product stands in the first ones.
    if (this.started.length < MAX_STARTED) this.started.push(...startedBy(command, place, service))
  }

  #dependencies(path: string, { dependencies, scripts, problem }: DependencyResult): void {
    if (problem !== '') this.problems.push({ path, reason: problem })
    this.dependencies.push(...dependencies)
    this.consoleScripts.push(...scripts)
  }

  #environment(path: string, text: string): void {
    const lines = new Map<string, number>()
    const pairs: string[] = []
    for (const [index, line] of text.split(/\r?\n/).slice(0, 5000).entries()) {
      const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#\r\n]*))/.exec(line)
      const name = match?.[1]
      if (match === null || name === undefined) continue
      const value = (match[2] ?? match[3] ?? match[4] ?? '').trim()
      lines.set(name, index + 1)
      pairs.push(`${name}=${value}`)
      if (isHarmless(name, value)) this.environment.push({ name, value, place: { path, line: index + 1 } })
      else this.environment.push({ name, value: '', place: { path, line: index + 1 } })
    }
    this.databases.push(
      ...addressesOf(environmentOf(pairs), '', (variable) => ({ path, line: lines.get(variable) ?? 1 })),
    )
  }

  #script(path: string, text: string): void {
    const joined = text.replace(/\\\r?\n/g, (gap) => ' '.repeat(gap.length - 1))
    let line = 1
    for (const row of joined.slice(0, 100_000).split('\n')) {
      if (
        /gunicorn|uvicorn|hypercorn|daphne|granian|uwsgi|celery|runserver|flask run|fastapi/.test(row) &&
        !row.trimStart().startsWith('#')
      ) {
        this.servers.push(...serversOf(row, { path, line: lineAt(text, row, line) }, ''))
      }
      if (STARTS.test(row) && !row.trimStart().startsWith('#')) {
        const command = row.replace(/^\s*(?:ExecStart|command)\s*=\s*/, '')
        // Lists of HCL and TOML: `command = ["python3", "-m", "shop.worker"]`.
        const words = /\.conf/.test(path) ? command.replace(/["',[\]]+/g, ' ') : command
        this.#start(words, { path, line: lineAt(text, row, line) }, '')
      }
      line++
    }
  }

  #postgres(path: string, text: string): void {
    for (const [index, line] of text.split(/\r?\n/).entries()) {
      const value = /^\s*max_connections\s*=\s*(\d+)/.exec(line)?.[1]
      if (value !== undefined) this.maxConnections.push({ value: Number(value), place: { path, line: index + 1 } })
    }
  }
}

function lineAt(text: string, row: string, fallback: number): number {
  const at = text.indexOf(row.slice(0, 40))
  return at < 0 ? fallback : text.slice(0, at).split('\n').length
}

function withoutSecrets(service: DeclaredService): DeclaredService {
  const environment = new Map(
    [...service.environment].map(([name, value]) => [name, isHarmless(name, value) ? value : '']),
  )
  return { ...service, environment }
}

function poolerOf({ name, image, environment, place }: DeclaredService): Pooler | undefined {
  const words = `${name} ${image}`.toLowerCase()
  const kind = (['pgbouncer', 'pgcat', 'supavisor', 'odyssey'] as const).find((candidate) => words.includes(candidate))
  if (kind === undefined) return undefined
  const mode = (environment.get('POOL_MODE') ?? environment.get('PGBOUNCER_POOL_MODE') ?? '').toLowerCase()
  const prepared =
    environment.get('MAX_PREPARED_STATEMENTS') ?? environment.get('PGBOUNCER_MAX_PREPARED_STATEMENTS') ?? ''
  return {
    kind,
    place,
    mode: mode === 'transaction' || mode === 'session' || mode === 'statement' ? mode : 'unknown',
    version: /:v?(\d+\.\d+(?:\.\d+)?)/.exec(image)?.[1] ?? '',
    maxPreparedStatements: /^\d+$/.test(prepared) ? Number(prepared) : undefined,
  }
}

function migrationsOf(paths: readonly string[]): MigrationTool[] {
  const alembic = new Map<string, number>()
  const django = new Map<string, number>()
  for (const path of paths) {
    if (!path.endsWith('.py')) continue
    const versions = /^(.*(?:alembic|migrations?|versions|revisions)[^/]*)\/versions\/[^/]+\.py$/.exec(path)?.[1]
    if (versions !== undefined) alembic.set(versions, (alembic.get(versions) ?? 0) + 1)
    const numbered = /^(.*migrations)\/\d{4}_[^/]+\.py$/.exec(path)?.[1]
    if (numbered !== undefined) django.set(numbered, (django.get(numbered) ?? 0) + 1)
  }
  for (const path of paths) {
    const folder = /^(?:(.*)\/)?alembic\.ini$/.exec(path)?.[1]
    if (/(?:^|\/)alembic\.ini$/.test(path) && alembic.size === 0) alembic.set(folder ?? '.', 0)
  }
  const tools = [
    ...[...alembic].map(([path, files]): MigrationTool => ({ tool: 'alembic', path, files })),
    ...[...django].map(([path, files]): MigrationTool => ({ tool: 'django', path, files })),
  ]
  return tools.sort((a, b) => (a.path < b.path ? -1 : 1))
}
