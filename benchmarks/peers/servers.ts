// Who is compared: how each is started, and which of the example's routes it serves.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { InstalledPeers } from './installed-peers.ts'

/** Routes under load. */
export const scenarios = {
  article: { path: '/api/articles/article-77', creates: false },
  list: { path: '/api/articles?limit=20', creates: false },
  tags: { path: '/api/tags', creates: false },
  create: { path: '/api/articles', creates: true },
} as const
export type ScenarioName = keyof typeof scenarios

/** One server of the comparison. */
export interface Peer {
  readonly name: string
  readonly serves: readonly ScenarioName[]
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Path that answers with 200 when it is up; that of an article when left out. */
  readonly readyPath?: string
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const everything: readonly ScenarioName[] = ['article', 'list', 'tags', 'create']

/** All of them, ours first. `footing` is what a user starts, with telemetry and guard as they are by default. */
export function peers({ python, node }: InstalledPeers): readonly Peer[] {
  const uvicorn = [
    join(python, 'venv/bin/uvicorn'),
    'app:app',
    '--host',
    '127.0.0.1',
    '--loop',
    'uvloop',
    '--http',
    'httptools',
  ]
  const fastapi = (name: string, store: string): Peer => {
    return { name, serves: everything, command: [...uvicorn, '--port', '{port}'], cwd: python, env: { STORE: store } }
  }
  const onNode = (name: string, file: string, serves: readonly ScenarioName[]): Peer => {
    return { name, serves, command: [process.execPath, join(node, file)], cwd: node, env: {} }
  }
  const cli = join(root, 'packages/cli/bin/footing.js')
  const example = join(root, 'examples/conduit')
  const start = [process.execPath, cli, 'start', example, '--host', '127.0.0.1', '--port', '{port}']
  const footing = (name: string, env: Readonly<Record<string, string>>): Peer => {
    return { name, serves: everything, command: start, cwd: root, env: { DRAIN_DELAY_MS: '0', ...env } }
  }
  return [
    footing('footing', {}),
    fastapi('FastAPI + asyncpg', 'asyncpg'),
    fastapi('FastAPI + SQLAlchemy, prebuilt', 'sqlalchemy-prebuilt'),
    onNode('NestJS + TypeORM', 'dist/nest-typeorm.js', ['article', 'list']),
    onNode('Hono + Drizzle', 'hono-drizzle.ts', ['article', 'list']),
    {
      name: 'by hand, prepared',
      serves: ['article', 'list', 'create'],
      command: [process.execPath, '--conditions=@footing/source', join(root, 'benchmarks/peers/by-hand.ts')],
      cwd: root,
      env: {},
    },
    onNode('Fastify + prepared SQL', 'fastify-pg.ts', ['article', 'list', 'tags']),
    footing('footing, guard off', { EVENT_LOOP_GUARD: 'off' }),
    footing('footing, guard that names', { EVENT_LOOP_GUARD: 'name' }),
    {
      ...footing('footing, no log and no metrics', {}),
      // With the memory that `footing start` gives itself.
      command: [process.execPath, '--max-semi-space-size=8', join(root, 'benchmarks/peers/without-telemetry.ts')],
    },
  ]
}
