// The configuration facts: what deployment and dependency files say about a repository. No values that may be secret.
import type { Place } from '../../facts/place.ts'
import type { Affinity } from './affinity.ts'

/** One process of the deployment: a compose service, a Kubernetes workload, a Procfile line, a Dockerfile's command. */
export interface DeclaredService {
  readonly name: string
  readonly kind: 'compose' | 'kubernetes' | 'procfile' | 'dockerfile'
  readonly place: Place
  /** Image as written (`postgres:16`), or ''. */
  readonly image: string
  /** Build context and Dockerfile, relative to the root, or '': the identity of what is built. */
  readonly build: string
  /** Command line, words joined by a space, or ''. */
  readonly command: string
  /** Copies that run: `deploy.replicas`, `spec.replicas`; undefined when not said or templated. */
  readonly replicas: number | undefined
  readonly environment: ReadonlyMap<string, string>
  /** Container ports as written. */
  readonly ports: readonly string[]
  /** Compose profiles: a service with one is started only by who asks for it. */
  readonly profiles: readonly string[]
}

/** Code of the tree that a command line of some file starts. */
export interface StartedCode {
  readonly place: Place
  /** Declared service that it belongs to, or ''. */
  readonly service: string
  /** `module`: `shop.worker` of `python -m`; `file`: a path as written; `program`: a word that may be a console script. */
  readonly how: 'module' | 'file' | 'program'
  readonly target: string
  /** The command as written, at most 120 characters. */
  readonly command: string
}

/** A program that a Python distribution installs: `keep = "keep.cli.cli:main"`. */
export interface ConsoleScript {
  readonly name: string
  /** Dotted module, without the function. */
  readonly module: string
  readonly place: Place
}

/** An application server as some file starts it: gunicorn, uvicorn, hypercorn, daphne, uwsgi, celery. */
export interface ServerSetting {
  readonly server:
    | 'gunicorn'
    | 'uvicorn'
    | 'hypercorn'
    | 'daphne'
    | 'granian'
    | 'uwsgi'
    | 'celery'
    | 'fastapi'
    | 'flask'
    | 'django'
  readonly place: Place
  /** The declared service it belongs to, or ''. */
  readonly service: string
  /** Worker processes; undefined when not said, or computed (see `workersText`). */
  readonly workers: number | undefined
  /** As written when it is no number: `$(nproc)`, `cpu_count() * 2 + 1`. */
  readonly workersText: string
  readonly threads: number | undefined
  /** gunicorn worker class or celery pool, or ''. */
  readonly workerClass: string
  /** What it serves: `shop.main:app`, or ''. */
  readonly target: string
}

/** Evidence that a connection pooler stands before the database. */
export interface Pooler {
  readonly kind: 'pgbouncer' | 'pgcat' | 'supavisor' | 'odyssey' | 'rds-proxy'
  readonly place: Place
  readonly mode: 'transaction' | 'session' | 'statement' | 'unknown'
  /** `1.21` of an image tag, or ''. */
  readonly version: string
  /** `max_prepared_statements`; undefined when not said. */
  readonly maxPreparedStatements: number | undefined
}

/** A database address found in the environment of a service or an example file. Passwords are never kept. */
export interface DatabaseAddress {
  readonly place: Place
  /** Declared service that is given the address, or ''. */
  readonly service: string
  /** Variable that holds it: `DATABASE_URL`. */
  readonly variable: string
  /** `postgresql`, `mysql`, `redis`, `sqlite`, `mongodb`, `clickhouse` … */
  readonly engine: string
  readonly host: string
  readonly port: number | undefined
  readonly user: string
  readonly database: string
}

/** A dependency that a manifest declares. */
export interface Dependency {
  /** Normalised name: lower case, `-` for `_` and `.`. */
  readonly name: string
  /** Specifier as written: `>=2.0,<3`, or ''. */
  readonly specifier: string
  readonly place: Place
  readonly group: 'runtime' | 'development'
}

/** One line of CODEOWNERS that counts. */
export interface OwnersLine {
  readonly line: number
  readonly pattern: string
  readonly owners: readonly string[]
  /** GitLab section, or ''. */
  readonly section: string
}

/** A CODEOWNERS file and the questions it answers. */
export interface OwnersFile {
  readonly path: string
  readonly dialect: 'github' | 'gitlab'
  readonly lines: readonly OwnersLine[]
  /** Lines that the hosting service ignores, with the reason. */
  readonly malformed: readonly { readonly line: number; readonly text: string; readonly reason: string }[]
  /** Owners of a path, last match wins; empty when nobody. */
  ownersOf(path: string): readonly string[]
  /** The line that decides for a path, or undefined. */
  lineFor(path: string): OwnersLine | undefined
}

/** A migration tool in use. */
export interface MigrationTool {
  readonly tool: 'alembic' | 'django' | 'aerich' | 'flask-migrate'
  /** Folder of the migrations. */
  readonly path: string
  readonly files: number
}

/** A configuration file that could not be read as such, with a sentence. */
export interface ConfigProblem {
  readonly path: string
  readonly reason: string
}

/** All facts of configuration files; lists are sorted by path and line. */
export interface ConfigFacts {
  readonly services: readonly DeclaredService[]
  readonly servers: readonly ServerSetting[]
  readonly poolers: readonly Pooler[]
  readonly databases: readonly DatabaseAddress[]
  readonly started: readonly StartedCode[]
  readonly consoleScripts: readonly ConsoleScript[]
  readonly dependencies: readonly Dependency[]
  readonly owners: OwnersFile | undefined
  readonly migrations: readonly MigrationTool[]
  /** Variables of .env files and examples, values kept only where they are no secret: numbers, words, hosts. */
  readonly environment: readonly { readonly name: string; readonly value: string; readonly place: Place }[]
  /** `max_connections` of a Postgres command or configuration, when a file says it. */
  readonly maxConnections: readonly { readonly value: number; readonly place: Place }[]
  readonly problems: readonly ConfigProblem[]
  /** Settings of balancers that send a user to the same process again. */
  readonly affinity: readonly Affinity[]
  /** True when a manifest declares this dependency (any group); names are normalised for you. */
  dependsOn(name: string): boolean
  /** Files read. */
  readonly files: number
}
