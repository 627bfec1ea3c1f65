// Stands between a client and its server and breaks the connection when a test says so: real sockets, real errors.
import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy on a loopback port with switches. */
export interface ChaosProxy {
  /** The server's URL with the proxy's port. */
  readonly url: string
  /** Cuts every connection now, without a word, as a crash does. */
  cut(): void
  /** Refuses new connections (`false`) or takes them again (`true`). */
  accept(yes: boolean): void
  /** Holds back everything that the server says (`true`), as a hanging server or network does, or lets it through. */
  freeze(yes: boolean): void
  /** Holds back each piece in both directions for so many milliseconds, as a slow line does; 0 ends that. */
  delay(ms: number): void
  /** Connections at this moment. */
  readonly connections: number
  close(): Promise<void>
}

/** Opens a proxy in front of the server that `url` names. */
export async function openChaosProxy(url: string): Promise<ChaosProxy> {
  const target = new URL(url)
  const pairs = new Set<readonly [Socket, Socket]>()
  let accepting = true
  let frozen = false
  let delayMs = 0

  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (!accepting) {
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ host: target.hostname, port: Number(target.port) })
    upstream.on('error', () => client.destroy())
    const pair = [client, upstream] as const
    pairs.add(pair)
    slowly(client, upstream, () => delayMs)
    slowly(upstream, client, () => delayMs)
    if (frozen) upstream.pause()
    for (const socket of pair) {
      socket.once('close', () => {
        pairs.delete(pair)
        for (const other of pair) other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const address = server.address()
  const proxied = new URL(url)
  proxied.port = String(typeof address === 'object' && address !== null ? address.port : 0)

  const cut = (): void => {
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy()
      upstream.destroy()
    }
  }
  return {
    url: proxied.href,
    cut,
    accept(yes) {
      accepting = yes
    },
    freeze(yes) {
      frozen = yes
      for (const [, upstream] of pairs) yes ? upstream.pause() : upstream.resume()
    },
    delay(ms) {
      delayMs = ms
    },
    get connections() {
      return pairs.size
    },
    async close() {
      cut()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Carries what one side says to the other, each piece after the delay of its moment and never before the one ahead of it. */
function slowly(from: Socket, to: Socket, delayMs: () => number): void {
  let free = 0
  const later = (act: () => void): void => {
    const now = performance.now()
    free = Math.max(free, now + delayMs())
    if (free <= now) act()
    else setTimeout(act, free - now)
  }
  from.on('data', (chunk) => later(() => to.write(chunk)))
  from.on('end', () => later(() => to.end()))
}
