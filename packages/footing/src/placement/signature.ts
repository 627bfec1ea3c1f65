// Signing a call and checking a signature: HMAC-SHA256 over everything that decides what the call does.
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Clock, FootingError } from '@footing/kernel'
import { randomHex } from '../work/trace-ids.ts'
import { placementErrors } from './errors.ts'
import type { ModuleKey, ModuleKeys } from './module-keys.ts'
import type { NonceMemory } from './nonce-memory.ts'
import { signedHeaders } from './wire.ts'

/** What is signed. */
export interface SignedCall {
  readonly method: string
  /** `/modules/billing/quote`, without what a proxy puts in front. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array | string
}

const scheme = 'Footing-HMAC-SHA256'

/** A signature is good for this long in both directions; nonces are remembered for at least twice as long. */
export const skewWindowMs = 30_000

/** The value of the Authorization header for a call. Each one is different, also for the same call. */
export function signCall(call: SignedCall, keys: ModuleKeys, clock: Clock): string {
  const time = String(clock.now())
  const nonce = randomHex(16)
  const signature = signatureOf(call, keys.signing, time, nonce).toString('base64url')
  return `${scheme} key=${keys.signing.id}, time=${time}, nonce=${nonce}, signature=${signature}`
}

/** What an Authorization header says. */
export interface Claim {
  readonly key: ModuleKey
  readonly time: string
  readonly nonce: string
  readonly signature: Buffer
}

const form = new RegExp(
  `^${scheme} key=([A-Za-z0-9._-]{1,40}), time=(\\d{1,15}), nonce=([0-9a-f]{32}), signature=([A-Za-z0-9_-]{43})$`,
)

/**
 * Reads the header before the body is read, so that strangers cannot send a large one.
 * @throws `call-unsigned`
 */
export function readClaim(authorization: string | undefined, keys: ModuleKeys): Claim {
  if (authorization === undefined) throw unsigned('it has no Authorization header')
  const [, id = '', time = '', nonce = '', signature = ''] = form.exec(authorization) ?? []
  if (id === '') throw unsigned('its Authorization header has another form')
  const key = keys.find(id)
  if (key === undefined) throw unsigned('its key is not known here')
  return { key, time, nonce, signature: Buffer.from(signature, 'base64url') }
}

/**
 * Checks a call. What is wrong with its time is told only to those who have the key.
 * @throws `call-unsigned`, `call-out-of-time`, `call-replayed`, `call-unremembered`
 */
export function verifyCall(call: SignedCall, claim: Claim, clock: Clock, nonces: NonceMemory): void {
  const expected = signatureOf(call, claim.key, claim.time, claim.nonce)
  if (!timingSafeEqual(expected, claim.signature)) throw unsigned('the signature is of something else')
  const away = Number(claim.time) - clock.now()
  if (Math.abs(away) > skewWindowMs) {
    throw placementErrors('call-out-of-time', { details: { seconds: Math.round(away / 1000) } })
  }
  const memory = nonces.take(claim.nonce, Number(claim.time))
  if (memory === 'taken') throw placementErrors('call-replayed')
  if (memory === 'forgotten') throw placementErrors('call-unremembered')
}

function signatureOf(call: SignedCall, key: ModuleKey, time: string, nonce: string): Buffer {
  // A line for each part: none of them can hold a line break, so that no two calls have the same text.
  const lines = [call.method, call.path, key.id, time, nonce, hash('sha256', call.body, 'base64url')]
  for (const name of signedHeaders) lines.push(String(call.headers[name] ?? ''))
  return createHmac('sha256', key.secret).update(lines.join('\n')).digest()
}

function unsigned(reason: string): FootingError {
  return placementErrors('call-unsigned', { details: { reason } })
}
