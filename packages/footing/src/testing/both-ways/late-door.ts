// An address that exists before the server behind it: connections wait until it is known. Two processes that need each
// other's address can then be started one after the other.
import { connect, createServer, type Socket } from 'node:net'

/** A door whose room comes later. */
export interface LateDoor {
  readonly url: string
  /** From now on connections go to this port; those that wait go there now. Undefined makes them wait again. */
  lead(port: number | undefined): void
  /** Cuts all connections. */
  cut(): void
  close(): Promise<void>
}

/** Opens it on a loopback port. With `latencyMs` every packet takes so long in each direction. */
export async function openLateDoor(latencyMs = 0): Promise<LateDoor> {
  let target: number | undefined
  const waiting = new Set<Socket>()
  const sockets = new Set<Socket>()
  const join = (client: Socket, port: number) => {
    const server = connect({ host: '127.0.0.1', port, noDelay: true })
    sockets.add(server)
    if (latencyMs === 0) client.pipe(server).pipe(client)
    else {
      carry(client, server, latencyMs)
      carry(server, client, latencyMs)
    }
    const end = () => {
      client.destroy()
      server.destroy()
    }
    server.on('error', end).on('close', () => {
      sockets.delete(server)
      // What it said last is still on its way.
      setTimeout(end, latencyMs)
    })
    client.on('close', end)
  }
  const door = createServer({ noDelay: true }, (client) => {
    sockets.add(client)
    client
      .on('error', () => undefined)
      .on('close', () => {
        sockets.delete(client)
        waiting.delete(client)
      })
    if (target === undefined) waiting.add(client)
    else join(client, target)
  })
  await new Promise<void>((resolve) => door.listen({ port: 0, host: '127.0.0.1' }, resolve))
  const address = door.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    lead(port) {
      target = port
      if (port === undefined) return
      for (const client of waiting) join(client, port)
      waiting.clear()
    },
    cut,
    async close() {
      cut()
      await new Promise<void>((resolve) => door.close(() => resolve()))
    },
  }
}

/** Passes packets on later, in order. */
function carry(from: Socket, to: Socket, ms: number): void {
  from.on('data', (chunk: Buffer) => setTimeout(() => to.writable && to.write(chunk), ms))
  from.on('end', () => setTimeout(() => to.end(), ms))
}
