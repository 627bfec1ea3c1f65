// A Redis without persistence on a free loopback port.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../servers/embedded/embedded-postgres.ts'
import { type LoopbackServer, startLoopbackServer } from './loopback-server.ts'

/** A running Redis. */
export interface RedisServer extends LoopbackServer {
  readonly url: string
}

/** Starts Redis; `folder` holds its files and is removed with it. */
export async function startRedis(program: string, folder: string): Promise<RedisServer> {
  const port = await freePort()
  await mkdir(folder, { recursive: true })
  const running = await startLoopbackServer('redis-server', port, {
    command: [
      program,
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ],
    logFile: join(folder, 'redis.log'),
    stopSignal: 'TERM',
    removeAfter: folder,
  })
  return { ...running, url: `redis://127.0.0.1:${port}` }
}
