import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { claimPort, portOwner, readPort } from './port.ts'

let server: Server | undefined
afterEach(() => {
  server?.close()
})

function listen(host: string): Promise<number> {
  server = createServer()
  return new Promise((resolve, reject) => {
    server?.once('error', reject).listen(0, host, () => {
      const address = server?.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

describe('a taken port', () => {
  test('says who has it and offers one that is free', async () => {
    const port = await listen('127.0.0.1')
    const fault: unknown = await claimPort(port, 'dev').catch((error: unknown) => error)
    expect(fault).toMatchObject({
      code: 'dev-port-taken',
      what: expect.stringContaining(`by node (pid ${process.pid}`),
    })
    const offered = Number(/--port (\d+)/.exec(String(Reflect.get(fault as object, 'remedy')))?.[1])
    await expect(claimPort(offered, 'dev')).resolves.toBeUndefined()
  })

  test('an owner on all addresses is found as well', async () => {
    expect(await portOwner(await listen('0.0.0.0'))).toContain(`pid ${process.pid}`)
  })

  test('a free port has no owner, and 0 can always be had', async () => {
    const port = await listen('127.0.0.1')
    await new Promise((resolve) => server?.close(resolve))
    expect(await portOwner(port)).toBeUndefined()
    await claimPort(0, 'dev')
  })
})

describe('reading a port', () => {
  test.each([
    ['0', 0],
    ['3000', 3000],
    ['65535', 65_535],
  ] as const)('%s', (text, port) => {
    expect(readPort(text)).toBe(port)
  })

  test.each(['', '-1', '65536', '3e3', ' 80', '80 ', '0x50', '99999999999', '٣٠٠٠', '80;rm'])('refuses %j', (text) => {
    expect(() => readPort(text)).toThrow(expect.objectContaining({ code: 'port-invalid' }))
  })
})
