// What goes wrong between here and ClickHouse, answered by a server of the test: coded, and without the server's text.
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { isFootingError } from '@footing/kernel'
import { afterEach, expect, test } from 'vitest'
import { sendToClickhouse } from './clickhouse-http.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serverThat(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

async function failureOf(origin: string, timeoutMs = 5000): Promise<unknown> {
  const target = { origin, database: 'db', user: 'user', password: 'top-secret' }
  return sendToClickhouse(target, { operation: 'query', text: 'select 1', timeoutMs }).catch((error: unknown) => error)
}

test.each([
  [200, '159', 'analytics-timeout'],
  [403, '516', 'analytics-access-refused'],
  [403, undefined, 'analytics-access-refused'],
  [500, '241', 'analytics-unreachable'],
  [500, '252', 'analytics-unreachable'],
  [500, '62', 'analytics-failed'],
  [503, undefined, 'analytics-unreachable'],
  [404, undefined, 'analytics-failed'],
])('status %s with the code %s is %s, and repeats no value', async (status, code, expected) => {
  const origin = await serverThat((_request, response) => {
    response.writeHead(status, code === undefined ? {} : { 'x-clickhouse-exception-code': code })
    response.end("Code: 62. DB::Exception: Cannot parse 'ada@example.org' with top-secret (SYNTAX_ERROR)")
  })
  const error = await failureOf(origin)
  expect(isFootingError(error, expected)).toBe(true)
  expect(JSON.stringify([error, String(error), Object(error).cause])).not.toMatch(/ada@|top-secret/)
})

test('a server that is not there, hangs up, or sends elsewhere cannot be reached', async () => {
  expect(await failureOf('http://127.0.0.1:1')).toMatchObject({ code: 'analytics-unreachable' })
  const rude = await serverThat((request) => request.socket.destroy())
  expect(await failureOf(rude)).toMatchObject({ code: 'analytics-unreachable' })
  const half = await serverThat((_request, response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{')
    response.socket?.end()
  })
  expect(await failureOf(half)).toMatchObject({ code: 'analytics-unreachable' })
  const elsewhere = await serverThat((_request, response) => response.writeHead(307, { location: rude }).end())
  expect(await failureOf(elsewhere)).toMatchObject({ code: 'analytics-unreachable' })
})

test('a server that says nothing is given up in time', async () => {
  const silent = await serverThat(() => undefined)
  expect(await failureOf(silent, 50)).toMatchObject({ code: 'analytics-timeout' })
})
