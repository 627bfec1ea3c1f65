import { request as send } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RunningConsole, startConsole } from './console-server.ts'
import { type ConsoleFeed, createConsoleFeed, recentLimit } from './feed.ts'
import type { RequestFacts } from './state.ts'

let feed: ConsoleFeed
let running: RunningConsole

beforeEach(async () => {
  feed = createConsoleFeed({ name: 'shop', versions: 'footing 0' })
  running = await startConsole({ feed })
})
afterEach(() => running.close())

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = send({ host: '127.0.0.1', port: running.port, path, headers, method }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on('error', reject)
    request.end()
  })
}

describe('who is answered', () => {
  test('a page of this machine is', async () => {
    for (const name of ['localhost', '127.0.0.1', 'LOCALHOST']) {
      expect((await ask('/', { host: `${name}:${running.port}` })).status).toBe(200)
    }
  })

  const hostile = [
    { name: 'a foreign name that points here', headers: { host: 'evil.example' } },
    { name: 'a name that begins like ours', headers: { host: 'localhost.evil.example' } },
    { name: 'the right name with another port', headers: { host: 'localhost:1' } },
    { name: 'a name with a trailing dot', headers: { host: 'localhost.' } },
    { name: 'an address that is not loopback', headers: { host: '0.0.0.0' } },
    { name: 'user information in front', headers: { host: 'localhost@evil.example' } },
    { name: 'a foreign origin', headers: { origin: 'https://evil.example' } },
    { name: 'the null origin of a sandboxed frame', headers: { origin: 'null' } },
    { name: 'a cross-site fetch', headers: { 'sec-fetch-site': 'cross-site' } },
  ]
  test.each(hostile)('$name is refused', async ({ headers }) => {
    const full = { host: `localhost:${running.port}`, ...headers }
    for (const path of ['/', '/state.json', '/events']) expect((await ask(path, full)).status).toBe(403)
  })

  test('it only shows: POST is refused', async () => {
    const answer = await ask('/state.json', { host: `localhost:${running.port}` }, 'POST')
    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('GET, HEAD')
  })

  test('a path cannot leave the list of files', async () => {
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/__proto__', '/constructor', '//console.css']) {
      expect((await ask(path, { host: `localhost:${running.port}` })).status).toBe(404)
    }
  })
})

describe('what is answered', () => {
  test('the page asks nothing of anybody else', async () => {
    const page = await ask('/')
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    for (const path of ['/', '/console.css', '/console.js', '/sections.js', '/element.js']) {
      const answer = await ask(path)
      expect(answer.status, path).toBe(200)
      expect(answer.body.replaceAll('http://www.w3.org/', ''), path).not.toMatch(/https?:\/\/|\/\/cdn/)
    }
  })

  test('changes arrive as events, with the whole state', async () => {
    const response = await fetch(`http://127.0.0.1:${running.port}/events`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const first = await reader?.read()
    expect(first?.value).toContain('"status":"starting"')
    feed.update({ status: 'running' })
    const second = await reader?.read()
    expect(second?.value).toContain('"status":"running"')
    await reader?.cancel()
  })

  test('closing ends open streams, and closing twice is fine', async () => {
    const response = await fetch(`http://127.0.0.1:${running.port}/events`)
    await Promise.all([running.close(), running.close()])
    await expect(response.text().catch(() => 'cut')).resolves.toBeDefined()
    await expect(fetch(`http://127.0.0.1:${running.port}/`)).rejects.toThrow()
  })
})

test('the feed remembers the newest requests only, newest first', () => {
  const request = (id: number): RequestFacts => ({
    id: String(id),
    at: id,
    method: 'GET',
    route: '/',
    status: 200,
    durationMs: 1,
  })
  feed.addRequests(Array.from({ length: recentLimit + 5 }, (_, index) => request(index)))
  feed.addRequests([request(999)])
  expect(feed.state.recent).toHaveLength(recentLimit)
  expect(feed.state.recent.slice(0, 2).map((entry) => entry.id)).toEqual(['999', String(recentLimit + 4)])
})
