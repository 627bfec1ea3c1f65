// Every coded error of Redis.
import { defineErrors } from '@footing/kernel'

/** The closed table of this capability. */
export const redisErrors = defineErrors({
  'redis-url-invalid': {
    status: 500,
    retryable: false,
    what: 'The Redis URL cannot be used: {reason}',
    why: 'A connection needs one of redis://, rediss://, unix://, redis+cluster:// and redis+sentinel:// with its hosts.',
    remedy: 'Correct REDIS_URL; characters such as @ and / in a password are written percent-encoded.',
  },
  'redis-not-configured': {
    status: 500,
    retryable: false,
    what: 'The module {module} asks for Redis, and REDIS_URL is not set.',
    why: 'Footing brings no Redis of its own: without an address there is nothing to connect to.',
    remedy: 'Set REDIS_URL, for example redis://127.0.0.1:6379, or let the module do without.',
  },
  'redis-client-missing': {
    status: 500,
    retryable: false,
    what: 'The Redis client is not installed.',
    why: 'It is an optional package, because an application without REDIS_URL does not need it.',
    remedy: 'Run npm install ioredis, or leave REDIS_URL out.',
  },
  'redis-away': {
    status: 503,
    retryable: true,
    what: 'Redis does not answer: {reason}',
    why: 'Its connection broke or could not be made; while it is away commands fail at once instead of waiting in a queue.',
    remedy: 'Look at the server at {address}. This process tries again by itself.',
  },
  'redis-timeout': {
    status: 504,
    retryable: true,
    what: 'Redis gave no answer to {command} within {ms} ms.',
    why: 'It hangs, runs a slow command of somebody else, or the network is slow; whether {command} happened is not known.',
    remedy:
      'Look at SLOWLOG and at the load of the server at {address}; allow more by REDIS_TIMEOUT_MS only when that is normal.',
  },
  'redis-overloaded': {
    status: 503,
    retryable: true,
    what: '{pending} commands wait for Redis already.',
    why: 'More would fill the memory of this process, and be answered too late to be of use.',
    remedy: 'Find out why Redis is slow, or spread the load over more processes.',
  },
  'redis-refused': {
    status: 500,
    retryable: false,
    what: 'Redis refused the login or the command: {reason}',
    why: 'User or password in REDIS_URL are wrong, or the user lacks a right.',
    remedy: 'Check REDIS_URL, and the rights of its user with ACL GETUSER.',
  },
  'redis-full': {
    status: 503,
    retryable: true,
    what: 'Redis has no memory left for the change.',
    why: 'maxmemory is reached and its policy lets nothing go.',
    remedy: 'Give it more memory, or set maxmemory-policy to one that fits a cache, for example allkeys-lru.',
  },
  'redis-command-failed': {
    status: 500,
    retryable: false,
    what: 'Redis could not run {command}: {reason}',
    why: 'Command and stored value do not fit together, which is a fault in the code of the module {module}.',
    remedy: 'Use one kind of value for each key.',
  },
  'redis-command-refused': {
    status: 500,
    retryable: false,
    what: '{command} is not a command that a module may send.',
    why: 'The connection is shared: commands that block, change it, or reach for keys of others would harm everybody else.',
    remedy: 'Use a command of one key, or open a connection of your own with ioredis.',
  },
  'redis-key-invalid': {
    status: 400,
    retryable: false,
    what: 'A key cannot be used: {reason}',
    why: 'Keys are text of 1 to {most} bytes, so that nobody fills Redis with names.',
    remedy: 'Limit what goes into the key, or use a hash of it.',
  },
  'redis-value-too-large': {
    status: 413,
    retryable: false,
    what: 'A value of {bytes} bytes is too large for Redis; {most} are allowed.',
    why: 'Redis answers one command at a time: a large value makes everybody wait.',
    remedy: 'Keep large values in the storage and their name in Redis, or raise the limit knowingly.',
  },
  'redis-loads-exceeded': {
    status: 503,
    retryable: true,
    what: 'Redis is away and {running} loads run in its place already.',
    why: 'The source behind a cache cannot take all of its traffic; what it can take is served, the rest is turned away.',
    remedy: 'Send the request again later, or serve old values with whenAway: stale.',
  },
  'redis-closed': {
    status: 503,
    retryable: true,
    what: 'The connection to Redis is closed.',
    why: 'This process is shutting down.',
    remedy: 'Send the request to another process.',
  },
})
