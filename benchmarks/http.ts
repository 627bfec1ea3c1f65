// What Footing adds to a route, beside the same route written by hand on bare Fastify: same validation (zod), same
// serialiser, logging off in both. Requests per second of processor time of the server, interleaved in one run.
// Run: node --conditions=@footing/source benchmarks/http.ts [--json]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createApp, defineModule, implement, route } from '@footing/core'
import autocannon from 'autocannon'
import Fastify from 'fastify'
import { z } from 'zod'

const Article = z.object({
  slug: z.string(),
  title: z.string(),
  body: z.string(),
  tags: z.array(z.string()),
  favorites: z.number(),
  author: z.object({ name: z.string(), bio: z.string().nullable() }),
})
const NewArticle = z.object({ title: z.string().min(1), body: z.string(), tags: z.array(z.string()).default([]) })
const Params = z.object({ slug: z.string() })

type Article = z.infer<typeof Article>

const author = { name: 'jo', bio: null }
const sample: Article = {
  slug: 'a',
  title: 'A title',
  body: 'word '.repeat(40),
  tags: ['a', 'b'],
  favorites: 3,
  author,
}
const find = async (slug: string): Promise<Article> => ({ ...sample, slug })
const create = async (input: z.infer<typeof NewArticle>): Promise<Article> => ({ ...sample, ...input })

const servers = {
  bare: startBare,
  'bare with the same headers': () => startBare(true),
  footing: startFooting,
} as const

async function startBare(headers = false): Promise<number> {
  const server = Fastify({ logger: false })
  if (headers) {
    server.addHook('onRequest', (request, reply, done) => {
      reply.headers({
        'x-request-id': request.id,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cache-control': 'no-store',
      })
      done()
    })
  }
  const schema = (status: number) => ({
    response: { [status]: Article['~standard'].jsonSchema.output({ target: 'draft-07' }) },
  })
  server.get('/v1/articles/:slug', { schema: schema(200) }, async (request) => find(Params.parse(request.params).slug))
  server.post('/v1/articles', { schema: schema(201) }, async (request, reply) => {
    reply.code(201)
    return create(NewArticle.parse(request.body))
  })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function startFooting(): Promise<number> {
  const content = implement(defineModule('content', { owner: '@acme/content' }), () => ({
    port: {},
    routes: [
      route({
        method: 'GET',
        path: '/articles/:slug',
        auth: 'none',
        params: Params,
        out: Article,
        handle: async ({ params }) => find(params.slug),
      }),
      route({
        method: 'POST',
        path: '/articles',
        auth: 'none',
        status: 201,
        body: NewArticle,
        out: Article,
        handle: async ({ body }) => create(body),
      }),
    ],
  }))
  const app = createApp({ name: 'bench', modules: [content] })
  const running = await app.start({ env: { NODE_ENV: 'production' }, host: '127.0.0.1', port: 0 })
  return running.port ?? 0
}

type Name = keyof typeof servers

interface Sample {
  readonly requests: number
  readonly cpuMicros: number
  readonly p99: number
}

async function serve(name: Name): Promise<void> {
  const port = await servers[name]()
  process.on('message', () => process.send?.(process.cpuUsage()))
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}

interface Server {
  readonly name: Name
  readonly port: number
  cpu(): Promise<number>
  stop(): void
}

async function spawn(name: Name): Promise<Server> {
  const child = fork(import.meta.filename, ['--serve', name], { execArgv: ['--conditions=@footing/source'] })
  // The child sends exactly these two messages: its port, then its processor time whenever it is asked.
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  const cpu = async () => {
    child.send('cpu')
    const [usage] = (await once(child, 'message')) as [NodeJS.CpuUsage]
    return usage.user + usage.system
  }
  return { name, port, cpu, stop: () => child.disconnect() }
}

const routes = {
  'GET one article': { path: '/v1/articles/hello-world' },
  'POST an article': {
    path: '/v1/articles',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'A title', body: 'word '.repeat(40), tags: ['a', 'b'] }),
  },
} as const

async function load(server: Server, name: keyof typeof routes, amount: number): Promise<Sample> {
  const before = await server.cpu()
  const { path, ...rest } = routes[name]
  const result = await autocannon({ url: `http://127.0.0.1:${server.port}${path}`, connections: 20, amount, ...rest })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${server.name}: ${result.non2xx} bad answers`)
  return { requests: amount, cpuMicros: (await server.cpu()) - before, p99: result.latency.p99 }
}

const median = (values: readonly number[]) => values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0

const micros = (sample: Sample | undefined) => (sample ? sample.cpuMicros / sample.requests : Number.NaN)

async function compare(): Promise<void> {
  const running = await Promise.all((Object.keys(servers) as Name[]).map(spawn))
  const results: Result[] = []
  try {
    for (const name of Object.keys(routes) as (keyof typeof routes)[]) {
      for (const server of running) await load(server, name, 8_000)
      const rounds: Sample[][] = []
      for (let round = 0; round < 12; round++) {
        const samples: Sample[] = []
        // Each round begins with another server: being first must not be an advantage.
        for (let turn = 0; turn < running.length; turn++) {
          const index = (round + turn) % running.length
          samples[index] = await load(running[index]!, name, 3_000)
        }
        rounds.push(samples)
      }
      for (const [index, { name: server }] of running.entries()) {
        const microseconds = median(rounds.map((samples) => micros(samples[index])))
        // Compared round by round: whatever else the machine did then slowed both.
        const share = median(rounds.map((samples) => micros(samples[0]) / micros(samples[index])))
        const p99 = median(rounds.map((samples) => samples[index]?.p99 ?? 0))
        results.push({ route: name, server, microseconds, perSecond: 1e6 / microseconds, share, p99 })
      }
    }
  } finally {
    for (const server of running) server.stop()
  }
  print(results)
}

interface Result {
  readonly route: string
  readonly server: Name
  readonly microseconds: number
  readonly perSecond: number
  readonly share: number
  readonly p99: number
}

function print(results: readonly Result[]): void {
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify(results)}\n`)
    return
  }
  for (const { route: name, server, microseconds, perSecond, share, p99 } of results) {
    const columns = [
      name.padEnd(18),
      server.padEnd(28),
      `${microseconds.toFixed(1)} µs`.padStart(10),
      `${Math.round(perSecond).toLocaleString('en')}/s`.padStart(11),
      `${(share * 100).toFixed(0)} %`.padStart(7),
      `p99 ${p99} ms`.padStart(12),
    ]
    process.stdout.write(`${columns.join('')}\n`)
  }
}

const serveIndex = process.argv.indexOf('--serve')
if (serveIndex < 0) await compare()
// Started by `spawn` with one of the names.
else await serve(process.argv[serveIndex + 1] as Name)
