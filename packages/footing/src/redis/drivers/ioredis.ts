// ioredis behind the contract of a driver: one server, a socket, a cluster, or sentinels.
import type { DriverOptions, RedisArgument, RedisDriver } from '../contract/contract.ts'
import { redisErrors } from '../contract/errors.ts'

/** Makes a driver; it connects by itself and keeps trying. @throws `redis-client-missing` */
export async function openIoRedis(options: DriverOptions): Promise<RedisDriver> {
  const { Redis, Cluster } = await loadClient()
  const { place } = options
  const client =
    place.kind === 'cluster'
      ? new Cluster([...place.hosts], clusterOptions(options))
      : new Redis(serverOptions(options))
  let fault: Error | undefined
  const listeners: (() => void)[] = []
  // Without a listener ioredis prints to the console.
  client.on('error', (error: Error) => {
    fault = error
  })
  client.on('ready', () => {
    fault = undefined
    for (const listener of listeners) listener()
  })
  return {
    get ready() {
      return client.status === 'ready'
    },
    get lastFault() {
      return fault
    },
    onReady(listener) {
      listeners.push(listener)
    },
    send: (command, args) => client.call(command, [...args] as RedisArgument[]),
    close: () => client.disconnect(),
  }
}

async function loadClient() {
  try {
    return await import('ioredis')
  } catch (cause) {
    throw redisErrors('redis-client-missing', { cause })
  }
}

// Commands wait nowhere: without a connection they fail at once, and after a lost one nothing is sent a second time.
function serverOptions(options: DriverOptions) {
  const { place, timeoutMs, connectTimeoutMs, reconnectAfterMs, name } = options
  return {
    connectTimeout: connectTimeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: reconnectAfterMs,
    // A server that was the primary before a failover: the next connection goes to the one that is it now.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    connectionName: name,
    db: place.database,
    ...login(place.username, place.password),
    ...(place.tls ? { tls: {} } : {}),
    ...placeOptions(options),
  }
}

function placeOptions({ place, reconnectAfterMs, connectTimeoutMs, timeoutMs }: DriverOptions) {
  const [server] = place.hosts
  if (place.path !== undefined) return { path: place.path }
  if (place.master === undefined) return server === undefined ? {} : { ...server }
  return {
    sentinels: [...place.hosts],
    name: place.master,
    sentinelRetryStrategy: reconnectAfterMs,
    sentinelCommandTimeout: Math.max(timeoutMs, connectTimeoutMs),
    // Sentinels announce a failover; waiting for the old primary's connection to break would take longer.
    failoverDetector: true,
    ...(place.sentinelUsername === undefined ? {} : { sentinelUsername: place.sentinelUsername }),
    ...(place.sentinelPassword === undefined ? {} : { sentinelPassword: place.sentinelPassword }),
    ...(place.tls ? { enableTLSForSentinelMode: true } : {}),
  }
}

function clusterOptions(options: DriverOptions) {
  const { reconnectAfterMs, timeoutMs, connectTimeoutMs, place, name } = options
  return {
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectAfterMs,
    slotsRefreshTimeout: Math.max(timeoutMs, connectTimeoutMs),
    slotsRefreshInterval: 5000,
    // Two redirections follow a slot that moves; the facade's deadline ends everything else.
    maxRedirections: 5,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    redisOptions: {
      connectTimeout: connectTimeoutMs,
      commandTimeout: timeoutMs,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      connectionName: name,
      ...login(place.username, place.password),
      ...(place.tls ? { tls: {} } : {}),
    },
  }
}

function login(username: string | undefined, password: string | undefined): { username?: string; password?: string } {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) }
}
