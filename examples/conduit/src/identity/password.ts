// Passwords: hashed with scrypt, which is slow and hungry for memory on purpose, on the thread pool and not on the event loop.
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { limitWork } from '@footing/core/loop'

/** Cost of one hash. Kept inside each hash, so that it can be raised while old hashes stay valid. */
export interface PasswordCost {
  /** Base-two logarithm of scrypt's N: 14 takes 16 MiB and some 40 ms, 15 twice that. */
  readonly logN: number
  /** Block size. */
  readonly r: number
  /** Parallelism. */
  readonly p: number
}

/** scrypt with N = 2^14, r = 8, p = 5: one of the settings that OWASP's password storage sheet calls equal. */
export const defaultPasswordCost: PasswordCost = { logN: 14, r: 8, p: 5 }

const keyLength = 32
const largestMemory = 256 * 1024 * 1024

/** Hashes a password into text that holds all it takes to check it: `scrypt$<logN>$<r>$<p>$<salt>$<key>`. */
export async function hashPassword(password: string, cost: PasswordCost = defaultPasswordCost): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, cost)
  return `scrypt$${cost.logN}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${key.toString('base64url')}`
}

/**
 * Tells whether the password belongs to the hash. With no hash (nobody has that address) it works as long and says
 * no, so that the time of an answer does not tell who has an account.
 */
export async function passwordMatches(
  password: string,
  hash: string | undefined,
  cost: PasswordCost = defaultPasswordCost,
): Promise<boolean> {
  const parsed = hash === undefined ? undefined : parseHash(hash)
  if (parsed === undefined) {
    await derive(password, Buffer.alloc(16), cost)
    return false
  }
  return timingSafeEqual(parsed.key, await derive(password, parsed.salt, parsed.cost))
}

/** Tells whether a hash was made at another cost than today's and should be made anew at the next login. */
export function isOutdatedHash(hash: string, cost: PasswordCost = defaultPasswordCost): boolean {
  const made = parseHash(hash)?.cost
  return made?.logN !== cost.logN || made.r !== cost.r || made.p !== cost.p
}

interface ParsedHash {
  readonly cost: PasswordCost
  readonly salt: Buffer
  readonly key: Buffer
}

function parseHash(hash: string): ParsedHash | undefined {
  const match = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w-]{22})\$([\w-]{43})$/.exec(hash)
  if (match === null) return undefined
  const [, logN, r, p, salt = '', key = ''] = match
  return {
    cost: { logN: Number(logN), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  }
}

// The thread pool has four threads, which files and names of hosts need as well.
const hashing = limitWork('password hashing', { atOnce: Math.min(3, availableParallelism()), waiting: 50 })

/** @throws work-refused when more is asked than can be answered in time: at once, so that the others are answered */
function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  return hashing.run(() => deriveNow(password, salt, cost))
}

function deriveNow(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** cost.logN, r: cost.r, p: cost.p, maxmem: largestMemory }
  return new Promise((resolve, reject) => {
    // The same letters typed on another keyboard may arrive in another Unicode form: NFKC makes them equal.
    scrypt(password.normalize('NFKC'), salt, keyLength, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}
