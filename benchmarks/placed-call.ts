// What a call costs when its module lives in another process: beside the same call in one process, a bare Fastify route
// called by undici (the floor of HTTP + JSON), and a NestJS microservice over TCP. Time of a lone call, and calls per
// second and processor time of both sides with 16 at once. All on loopback, interleaved in one run.
// Run: node --conditions=@footing/source benchmarks/placed-call.ts [--peers <folder>] [--write]
// The peers are installed into a folder of their own, by default one in the system's temporary folder.
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp, defineModule, implement, op } from '@footing/core'
import Fastify from 'fastify'
import { z } from 'zod'

const peers = {
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/microservices': '12.1.1',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  undici: '7.30.2',
}
const given = process.argv.indexOf('--peers')
const peerFolder = given > 0 ? String(process.argv[given + 1]) : join(tmpdir(), 'footing-benchmark-peers')

const Input = z.object({
  id: z.string(),
  amount: z.number(),
  lines: z.array(z.object({ sku: z.string(), count: z.int() })),
})
const Output = z.object({
  id: z.string(),
  total: z.number(),
  lines: z.array(z.object({ sku: z.string(), price: z.number() })),
})
type Input = z.infer<typeof Input>
type Output = z.infer<typeof Output>
type Call = (input: Input) => Promise<Output>

const quote: Call = async ({ id, amount, lines }) => ({
  id,
  total: amount * 1.2,
  lines: lines.map(({ sku, count }) => ({ sku, price: count * 1.5 })),
})
const input: Input = { id: 'order-1', amount: 10, lines: [1, 2, 3].map((count) => ({ sku: `sku-${count}`, count })) }

const billing = defineModule('billing', {
  owner: '@acme/payments',
  port: { quote: op({ in: Input, out: Output, idempotent: true, deadline: '5s' }) },
})
const shop = defineModule('shop', { owner: '@acme/shop', needs: [billing] })
const app = createApp({
  name: 'shop',
  modules: [implement(billing, () => ({ port: { quote } })), implement(shop, () => ({ port: {} }))],
})
const env = { MODULE_KEYS: `bench:${'k'.repeat(40)}`, DRAIN_DELAY_MS: '0', HOST: '127.0.0.1', PORT: '0' }

/** The other process: what it runs, by its name. */
const servers: Readonly<Record<string, () => Promise<number>>> = {
  footing: async () =>
    (await app.start({ env: { ...env, SERVE_MODULES: 'billing' }, profile: 'production' })).port ?? 0,
  bare: async () => {
    const server = Fastify({ logger: false })
    server.post('/quote', async (request) => quote(Input.parse(request.body)))
    await server.listen({ port: 0, host: '127.0.0.1' })
    return server.addresses()[0]?.port ?? 0
  },
  nest: async () => {
    const { NestFactory, Transport, MessagePattern, Controller, Module } = nest()
    class Quotes {
      quote(data: unknown) {
        return quote(Input.parse(data))
      }
    }
    Controller()(Quotes)
    MessagePattern('quote')(Quotes.prototype, 'quote', Object.getOwnPropertyDescriptor(Quotes.prototype, 'quote'))
    class Root {}
    Module({ controllers: [Quotes] })(Root)
    const port = 20_000 + (process.pid % 20_000)
    const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port }, logger: false }
    await (await NestFactory.createMicroservice(Root, options)).listen()
    return port
  },
}

/** The side that calls. */
const callers: Readonly<
  Record<string, (port: number) => Promise<{ readonly call: Call; readonly close: () => unknown }>>
> = {
  footing: async (port) => {
    const running = await app.start({
      env,
      profile: 'production',
      role: 'worker',
      place: { billing: `http://127.0.0.1:${port}` },
    })
    return { call: running.ports.billing.quote, close: () => running.stop() }
  },
  bare: async (port) => {
    const { Pool } = createRequire(join(peerFolder, 'x.js'))('undici')
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 128 })
    const headers = { 'content-type': 'application/json' }
    return {
      call: async (value) => {
        const answer = await pool.request({ method: 'POST', path: '/quote', headers, body: JSON.stringify(value) })
        return Output.parse(await answer.body.json())
      },
      close: () => pool.close(),
    }
  },
  nest: async (port) => {
    const { ClientProxyFactory, Transport, firstValueFrom } = nest()
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: '127.0.0.1', port } })
    await client.connect()
    return {
      call: async (value) => Output.parse(await firstValueFrom(client.send('quote', value))),
      close: () => client.close(),
    }
  },
}

// The peers are no dependency of ours, so their types are not here either.
// biome-ignore lint/suspicious/noExplicitAny: see above
function nest(): any {
  const require = createRequire(join(peerFolder, 'x.js'))
  require('reflect-metadata')
  const parts = ['@nestjs/core', '@nestjs/common', '@nestjs/microservices', 'rxjs'].map((name) => require(name))
  return Object.assign({}, ...parts)
}

interface Sample {
  /** Milliseconds of a lone call, median. */
  readonly lone: number
  readonly perSecond: number
  /** Microseconds of processor time per call, on the calling side and in the other process. */
  readonly cpuHere: number
  readonly cpuThere: number
}

async function measure(call: Call, count: number, usageThere: () => Promise<number>): Promise<Sample> {
  const times: number[] = []
  for (let each = 0; each < count / 5; each++) {
    const started = performance.now()
    await call(input)
    times.push(performance.now() - started)
  }
  const [here, there, started] = [usage(), await usageThere(), performance.now()]
  let left = count
  const lane = async () => {
    while (left-- > 0) await call(input)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
  const seconds = (performance.now() - started) / 1000
  return {
    lone: median(times),
    perSecond: count / seconds,
    cpuHere: (usage() - here) / count,
    cpuThere: ((await usageThere()) - there) / count,
  }
}

function usage(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN
}

async function serve(name: string): Promise<void> {
  const port = await servers[name]?.()
  process.on('message', () => process.send?.(usage()))
  process.send?.(port)
}

async function compare(): Promise<void> {
  if (!existsSync(join(peerFolder, 'node_modules', '@nestjs', 'microservices'))) {
    mkdirSync(peerFolder, { recursive: true })
    const packages = Object.entries(peers).map(([name, version]) => `${name}@${version}`)
    execFileSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', peerFolder, ...packages],
      { stdio: 'ignore' },
    )
  }
  const local = await app.start({ env, profile: 'production', role: 'worker' })
  const variants = [
    { name: 'in one process', call: local.ports.billing.quote as Call, usageThere: async () => 0, count: 50_000 },
  ]
  const closers: (() => unknown)[] = [() => local.stop()]
  const names = { bare: 'bare Fastify + undici', footing: 'placed module', nest: 'NestJS microservice, TCP' }
  for (const [kind, name] of Object.entries(names)) {
    const child = fork(new URL(import.meta.url), ['--serve', kind, '--peers', peerFolder])
    const [port] = (await once(child, 'message')) as [number] // sent by `serve` above
    const side = await callers[kind]?.(port)
    if (side === undefined) continue
    const usageThere = async () => {
      child.send('usage')
      return ((await once(child, 'message')) as [number])[0]
    }
    variants.push({ name, call: side.call, usageThere, count: 5000 })
    closers.push(side.close, () => child.kill())
  }
  const samples = new Map<string, Sample[]>(variants.map(({ name }) => [name, []]))
  for (const { call, count, usageThere } of variants) await measure(call, count, usageThere)
  for (let run = 0; run < 5; run++) {
    for (const { name, call, count, usageThere } of variants)
      samples.get(name)?.push(await measure(call, count, usageThere))
  }
  for (const close of closers) await close()
  report(samples)
}

function report(samples: ReadonlyMap<string, readonly Sample[]>): void {
  const of = (name: string, part: keyof Sample) => median((samples.get(name) ?? []).map((sample) => sample[part]))
  const floor = 'bare Fastify + undici'
  const lines = [...samples.keys()].map((name) => {
    const both = of(name, 'cpuHere') + of(name, 'cpuThere')
    const ratio = both / (of(floor, 'cpuHere') + of(floor, 'cpuThere'))
    const columns = [
      name,
      `${(of(name, 'lone') * 1000).toFixed(0)} µs`,
      of(name, 'perSecond').toFixed(0),
      `${of(name, 'cpuHere').toFixed(1)} µs`,
      `${of(name, 'cpuThere').toFixed(1)} µs`,
      `×${ratio.toFixed(2)}`,
    ]
    return `| ${columns.join(' | ')} |`
  })
  const text = `# A call to a module in another process

Run: \`node --conditions=@footing/source benchmarks/placed-call.ts --write\`. Medians of five interleaved runs on loopback, ${availableParallelism()}
virtual cores that others use too, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}. A small order goes out and three prices come back;
input and answer are checked by zod on their sides in every variant (in one process: the input only).

| variant | one call alone | calls/s, 16 at once | CPU of the caller | CPU of the module | CPU of both beside the floor |
| --- | --- | --- | --- | --- | --- |
${lines.join('\n')}

Beyond the bare route, a placed call carries a signature that is checked (two SHA-256, two HMAC), the memory against replays,
deadline, cancellation, request and trace ids, the schema's version, a breaker, a retry budget, coded errors, two contexts and two
histograms. The NestJS call has none of these; its TCP protocol has no HTTP either. Encore's runtime is not among what npm installs,
so it is not in the table.
`
  process.stdout.write(text)
  if (process.argv.includes('--write')) writeFileSync(new URL('./placed-call.md', import.meta.url), text)
}

const role = process.argv.indexOf('--serve')
if (role > 0) await serve(String(process.argv[role + 1]))
else await compare()
