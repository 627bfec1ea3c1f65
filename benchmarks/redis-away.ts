// How long callers wait while Redis is frozen: the facade beside its own client with the client's defaults.
// Run: node --conditions=@footing/source benchmarks/redis-away.ts
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openRedis } from '@footing/core/redis'
import { Redis } from 'ioredis'

const timeoutMs = 100
const calls = 400
const limitMs = 5000

const folder = mkdtempSync(join(tmpdir(), 'footing-bench-redis-'))
const port = await freePort()
const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder], {
  stdio: 'ignore',
})
try {
  while (!(await accepts(port))) await delay(20)
  const url = `redis://127.0.0.1:${port}`
  const redis = await openRedis({ url, timeoutMs, application: 'bench' })
  const { hot } = redis.forModule('bench')
  await hot.write('known', 1, { ttlMs: 60_000 })
  const plain = new Redis(url)
  plain.on('error', () => undefined)
  await plain.set('known', 1)
  const healthy = await sample(() => hot.read('known', async () => 1, { ttlMs: 60_000, whenAway: 'load' }))
  server.kill('SIGSTOP')
  const own = plain.get('known').then(
    () => true,
    () => true,
  )
  const started = performance.now()
  const answered = await Promise.race([own, delay(limitMs, false)])
  const bare = answered ? `${(performance.now() - started).toFixed(0)} ms` : `no answer within ${limitMs} ms`
  const load = await sample(() => hot.read('fresh', async () => 1, { ttlMs: 60_000, whenAway: 'load' }))
  const stale = await sample(() => hot.read('known', async () => 1, { ttlMs: 60_000, whenAway: 'stale' }))
  const fail = await sample(() => hot.read('known', async () => 1, { ttlMs: 60_000, whenAway: 'fail' }).catch(() => 1))
  server.kill('SIGCONT')
  const back = performance.now()
  while ((await redis.health()) !== 'ok') await delay(5)
  const recovered = performance.now() - back
  plain.disconnect()
  await redis.close()
  const page = report({ healthy, load, stale, fail }, bare, recovered)
  writeFileSync(new URL('./redis-away.md', import.meta.url), page)
  process.stdout.write(page)
} finally {
  server.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

interface Sample {
  readonly p50: number
  readonly p99: number
  readonly most: number
}

/** One call after the other, a few milliseconds apart, as requests come in. */
async function sample(work: () => Promise<unknown>): Promise<Sample> {
  const times: number[] = []
  for (let call = 0; call < calls; call += 1) {
    const started = performance.now()
    await work()
    times.push(performance.now() - started)
    await delay(2)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), most: at(1) }
}

function report(samples: Readonly<Record<string, Sample>>, bare: string, recovered: number): string {
  const words: Readonly<Record<string, string>> = {
    healthy: 'Redis answers',
    load: "frozen, `whenAway: 'load'`",
    stale: "frozen, `whenAway: 'stale'`",
    fail: "frozen, `whenAway: 'fail'`",
  }
  const rows = Object.entries(samples).map(
    ([name, { p50, p99, most }]) => `| ${words[name]} | ${p50.toFixed(2)} | ${p99.toFixed(1)} | ${most.toFixed(1)} |`,
  )
  return `# While Redis is frozen

\`node --conditions=@footing/source benchmarks/redis-away.ts\` stops a real redis-server with SIGSTOP: it accepts connections and says
nothing. ${calls} reads of hot data each, one after the other, with a timeout of ${timeoutMs} ms for a command; milliseconds of one read.

| | p50 | p99 | longest |
|---|---|---|---|
${rows.join('\n')}

The same client with its own defaults: ${bare}. After SIGCONT the first command succeeded within ${recovered.toFixed(0)} ms.

What it says: the first three callers pay the timeout, then the circuit is open and all but one in a growing pause are answered at once.
`
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

function accepts(at: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(at, '127.0.0.1')
    socket.once('connect', () => resolve(socket.destroy() && true))
    socket.once('error', () => resolve(false))
  })
}
