// A conversation with the inspector of a Node process, over the WebSocket that it offers.

/** Sends commands of the DevTools protocol and gives their results. */
export interface InspectorSession {
  /** Rejects when the inspector refuses the command, or the connection ends first. */
  send(method: string, params?: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): void
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Connects to the first process that the inspector lists. */
export async function openInspector(host: string, port: number, signal: AbortSignal): Promise<InspectorSession> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(2000)])
  const list: unknown = await (await fetch(`http://${host}:${port}/json/list`, { signal: limit })).json()
  const url = Array.isArray(list) ? list[0]?.webSocketDebuggerUrl : undefined
  if (typeof url !== 'string') throw new Error('it lists no process')
  // The list names the address as the process sees it; behind a tunnel that is another one.
  const address = new URL(url)
  address.host = `${host}:${port}`
  const socket = new WebSocket(address)
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true })
    socket.addEventListener('error', () => reject(new Error('the connection was refused')), { once: true })
  })
  return sessionOn(socket)
}

function sessionOn(socket: WebSocket): InspectorSession {
  const waiting = new Map<number, Waiting>()
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error } = JSON.parse(String(data))
    const one = waiting.get(id)
    if (one === undefined) return
    waiting.delete(id)
    if (error === undefined) one.resolve(result)
    else one.reject(new Error(String(error.message)))
  })
  socket.addEventListener('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the process ended the connection'))
    waiting.clear()
  })
  return {
    send: (method, params = {}) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) {
          reject(new Error('the process ended the connection'))
          return
        }
        const id = ++last
        waiting.set(id, { resolve, reject })
        socket.send(JSON.stringify({ id, method, params }))
      }),
    close: () => socket.close(),
  }
}
