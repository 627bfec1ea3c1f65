// Serves the console on loopback: one page, its style and script, the state as JSON, and changes as server-sent events.
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConsoleFeed } from './feed.ts'
import { refuseForeign } from './local-only.ts'

/** Where to listen and what to show. */
export interface ConsoleOptions {
  readonly feed: ConsoleFeed
  /** 0, the default, takes any free port. */
  readonly port?: number
}

/** A console that is being served. */
export interface RunningConsole {
  readonly url: string
  readonly port: number
  /** Ends the event streams and the server. Safe to call twice. */
  close(): Promise<void>
}

interface Asset {
  readonly url: URL
  readonly type: string
}

// Relative to this file, both in src and in dist: markup and style as written, the script as compiled.
const assets: Readonly<Record<string, Asset>> = {
  '/': { url: new URL('../src/page/index.html', import.meta.url), type: 'text/html; charset=utf-8' },
  '/console.css': { url: new URL('../src/page/console.css', import.meta.url), type: 'text/css; charset=utf-8' },
  ...scripts('console', 'sections', 'element'),
}

function scripts(...names: readonly string[]): Record<string, Asset> {
  const type = 'text/javascript; charset=utf-8'
  const asset = (name: string): Asset => ({ url: new URL(`../dist/page/${name}.js`, import.meta.url), type })
  return Object.fromEntries(names.map((name) => [`/${name}.js`, asset(name)]))
}

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const

/** Event streams open at once; a page that is left open in many tabs must not exhaust the process. */
const mostStreams = 24

/**
 * Starts the console on 127.0.0.1.
 * @throws the system's error (`EADDRINUSE`) when the port cannot be had
 */
export async function startConsole({ feed, port = 0 }: ConsoleOptions): Promise<RunningConsole> {
  const streams = new Set<ServerResponse>()
  let listening = port
  const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => {
    void answer(request, response, listening, feed, streams)
  })
  const unsubscribe = feed.subscribe((state) => {
    const event = `data: ${JSON.stringify(state)}\n\n`
    for (const stream of streams) send(stream, event)
  })
  await listen(server, port)
  // A server that listens on a port has an address of this kind.
  listening = (server.address() as AddressInfo).port
  server.unref()
  let closing: Promise<void> | undefined
  return {
    url: `http://localhost:${listening}/`,
    port: listening,
    close: () => {
      closing ??= close(server, streams, unsubscribe)
      return closing
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  port: number,
  feed: ConsoleFeed,
  streams: Set<ServerResponse>,
): Promise<void> {
  const refusal = refuseForeign(request.headers, port)
  if (refusal !== undefined) return finish(response, 403, 'text/plain; charset=utf-8', refusal)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD')
    return finish(response, 405, 'text/plain; charset=utf-8', 'The console only shows things: GET.')
  }
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  if (path === '/state.json') {
    return finish(response, 200, 'application/json; charset=utf-8', JSON.stringify(feed.state))
  }
  if (path === '/events') return stream(request, response, feed, streams)
  const asset = Object.hasOwn(assets, path) ? assets[path] : undefined
  if (asset === undefined) return finish(response, 404, 'text/plain; charset=utf-8', 'There is no such page.')
  try {
    finish(response, 200, asset.type, await readFile(asset.url))
  } catch {
    const remedy = 'A file of the console is missing. Build it: npm run build'
    finish(response, 500, 'text/plain; charset=utf-8', remedy)
  }
}

function finish(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...headers, 'content-type': type })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

function stream(
  request: IncomingMessage,
  response: ServerResponse,
  feed: ConsoleFeed,
  streams: Set<ServerResponse>,
): void {
  if (streams.size >= mostStreams) {
    finish(response, 503, 'text/plain; charset=utf-8', 'Too many open consoles. Close a tab.')
    return
  }
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  streams.add(response)
  response.on('close', () => streams.delete(response))
  response.write(`retry: 1000\ndata: ${JSON.stringify(feed.state)}\n\n`)
}

// Every event is the whole state, so one that a slow reader misses costs nothing.
function send(stream: ServerResponse, event: string): void {
  if (!stream.writableNeedDrain) stream.write(event)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server, streams: Set<ServerResponse>, unsubscribe: () => void): Promise<void> {
  unsubscribe()
  for (const open of streams) open.end()
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
