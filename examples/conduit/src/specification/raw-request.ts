// Requests that no well-behaved client sends, on a plain socket.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** What came back: the status line's number, all headers as one text, and the body as far as it came. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** A connection to the server of `url`. Errors of the socket are expected: the server may close it first. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Sends bytes and reads until the server closes the connection or a whole answer is there. */
export async function sendRaw(url: string, bytes: string | Buffer | readonly (string | Buffer)[]): Promise<RawAnswer> {
  const socket = await openSocket(url)
  const chunks: Buffer[] = []
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (isWhole(Buffer.concat(chunks).toString())) resolve()
    })
    socket.once('close', () => resolve())
  })
  for (const part of Array.isArray(bytes) ? bytes : [bytes]) {
    if (socket.destroyed) break
    if (!socket.write(part)) await drainedOrClosed(socket)
  }
  await answered
  socket.destroy()
  return parse(Buffer.concat(chunks).toString())
}

function drainedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', () => resolve())
  })
}

function isWhole(text: string): boolean {
  const { head, body } = parse(text)
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  return length !== undefined && Buffer.byteLength(body) >= Number(length)
}

function parse(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const head = end < 0 ? text : text.slice(0, end)
  return { status: Number(head.split(' ')[1]), head, body: end < 0 ? '' : text.slice(end + 4) }
}
