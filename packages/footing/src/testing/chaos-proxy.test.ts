// The line between a client and its server, when it is slow.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { openChaosProxy } from './chaos-proxy.ts'

test('a slow line holds back each piece in both directions and keeps their order', async () => {
  const echo = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const proxy = await openChaosProxy(`tcp://127.0.0.1:${port}`)
  const client = connect({ host: '127.0.0.1', port: Number(new URL(proxy.url).port) })
  await once(client, 'connect')
  let heard = ''
  client.on('data', (chunk) => {
    heard += String(chunk)
  })
  const said = async (text: string): Promise<number> => {
    const start = performance.now()
    client.write(text)
    while (!heard.endsWith(text)) await once(client, 'data')
    return performance.now() - start
  }
  await said('first ')
  proxy.delay(60)
  // Twice the delay, less what timers are early by.
  expect(await said('second ')).toBeGreaterThan(115)
  client.write('third ')
  proxy.delay(0)
  await said('fourth ')
  expect(heard).toBe('first second third fourth ')
  client.destroy()
  await proxy.close()
  echo.close()
})
