// SIGTERM over real sockets: no request is lost, a second signal ends at once, a hanging request is given up in time.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'

const fixture = fileURLToPath(new URL('./drain.fixture.ts', import.meta.url))
const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function start(env: Record<string, string>) {
  const child = spawn(process.execPath, ['--conditions=@footing/source', fixture], {
    env: { PATH: process.env.PATH, NODE_ENV: 'production', NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
  const output = createInterface({ input: child.stdout })
  const lines: string[] = []
  output.on('line', (line) => lines.push(line))
  const [line] = (await once(output, 'line')) as [string]
  return { child, exited, lines, url: `http://127.0.0.1:${line}` }
}

interface Answer {
  readonly status: number
  readonly closes: boolean
  readonly body: string
}

function ask(url: string, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, agent === undefined ? { agent: false } : { agent }, async (response: IncomingMessage) => {
      const chunks = await response.setEncoding('utf8').toArray()
      const { statusCode: status = 0, headers } = response
      resolve({ status, closes: headers.connection === 'close', body: chunks.join('') })
    })
    request.on('error', reject)
  })
}

/** Asks again and again on one connection until the server says that it closes it, as a balancer does. */
async function askUntilClosed(url: string, onAnswer: () => void): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const answers: Answer[] = []
  while (answers.at(-1)?.closes !== true) {
    answers.push(await ask(url, agent))
    onAnswer()
  }
  agent.destroy()
  return answers
}

test('SIGTERM under load: every request that was sent is answered, then the process ends by itself', async () => {
  const { child, exited, url } = await start({ DRAIN_DELAY_MS: '400' })
  let answered = 0
  const busy = Promise.withResolvers<void>()
  const onAnswer = () => {
    if (++answered === 200) busy.resolve()
  }
  const loops = Array.from({ length: 16 }, () => askUntilClosed(`${url}/v1/work?ms=2`, onAnswer))
  await busy.promise
  const long = ask(`${url}/v1/work?ms=1500`)
  child.kill('SIGTERM')
  const answers = (await Promise.all(loops)).flat()
  expect(answers.length).toBeGreaterThanOrEqual(200)
  expect(answers.every((answer) => answer.status === 200)).toBe(true)
  const ready = await ask(`${url}/readyz`)
  expect([ready.status, JSON.parse(ready.body)]).toEqual([503, { status: 'draining' }])
  expect((await long).status).toBe(200)
  expect(await exited).toEqual([0, null])
})

test('a second signal ends the process at once', async () => {
  const { child, exited, url } = await start({ DRAIN_DELAY_MS: '0', DRAIN_MS: '600000' })
  const hanging = ask(`${url}/v1/hang`).catch((error: NodeJS.ErrnoException) => error.code)
  await ask(`${url}/livez`)
  child.kill('SIGTERM')
  // The door is closed once the first signal has been handled.
  while (await ask(`${url}/livez`).catch(() => undefined));
  child.kill('SIGTERM')
  expect(await exited).toEqual([143, null])
  expect(await hanging).toBe('ECONNRESET')
})

test('a request that hangs is given up at the limit, with a coded answer', async () => {
  const { child, exited, url } = await start({ DRAIN_DELAY_MS: '0', DRAIN_MS: '300' })
  const hanging = ask(`${url}/v1/hang`)
  await ask(`${url}/livez`)
  child.kill('SIGTERM')
  const answer = await hanging
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([503, 'shutting-down'])
  expect(await exited).toEqual([0, null])
})

test.each([
  ['rejection', 'unhandled-rejection'],
  ['exception', 'uncaught-exception'],
])('a lost %s: one line with route, module and place, what runs is answered, exit code 1', async (how, kind) => {
  const { exited, lines, url } = await start({ DRAIN_DELAY_MS: '0', LOG: 'true' })
  const long = ask(`${url}/v1/work?ms=500`)
  await ask(`${url}/livez`)
  await ask(`${url}/v1/lose?how=${how}`).catch(() => undefined)
  expect((await long).status).toBe(200)
  expect(await exited).toEqual([1, null])
  const told = lines.filter((line) => line.includes('process-fault')).map((line) => JSON.parse(line))
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({ level: 'error', module: 'slow', fields: { kind, route: 'GET /v1/lose' } })
  expect(told[0].fields.at).toMatch(/drain\.fixture\.ts:\d+:\d+$/)
})
