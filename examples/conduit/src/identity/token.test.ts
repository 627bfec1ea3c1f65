import { generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { createTokens } from './token.ts'

const secret = 'a secret of at least thirty-two bytes'
const start = Date.UTC(2026, 0, 1)
const hour = 3600

function tokensAt(now: number, key = secret) {
  return createTokens({ secret: key, lifetimeSeconds: hour, now: () => now })
}

/** A token with everything right, for tests to break one part of. */
function rightToken(alg = 'HS256') {
  return new SignJWT()
    .setProtectedHeader({ alg })
    .setSubject('7')
    .setIssuer('conduit')
    .setExpirationTime(start / 1000 + hour)
}

const bytes = (text: string) => new TextEncoder().encode(text)

test('a token names its account until it expires', async () => {
  const token = await tokensAt(start).issue('7')
  expect(await tokensAt(start).read(token)).toBe('7')
  expect(await tokensAt(start + (hour - 1) * 1000).read(token)).toBe('7')
  expect(await tokensAt(start + hour * 1000).read(token)).toBeUndefined()
})

test('the breaking tests below break one thing each: unbroken, the token is read', async () => {
  expect(await tokensAt(start).read(await rightToken().sign(bytes(secret)))).toBe('7')
})

test('forged tokens are refused', async () => {
  const { read } = tokensAt(start)
  const { privateKey } = await generateKeyPair('RS256')
  const exp = start / 1000 + hour
  const forged = {
    'another key': await rightToken().sign(bytes('another secret of at least 32 bytes!')),
    'algorithm none': new UnsecuredJWT().setSubject('7').setIssuer('conduit').setExpirationTime(exp).encode(),
    'HS512 with the right key': await rightToken('HS512').sign(bytes(secret)),
    RS256: await rightToken('RS256').sign(privateKey),
    'another issuer': await rightToken().setIssuer('elsewhere').sign(bytes(secret)),
    'no account': await rightToken().setSubject('').sign(bytes(secret)),
    'an account that is no number': await rightToken().setSubject("7' or 1=1").sign(bytes(secret)),
    'no expiry': await new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('7')
      .setIssuer('conduit')
      .sign(bytes(secret)),
    'a changed payload': swapPayload(await tokensAt(start).issue('7'), { sub: '8', iss: 'conduit', exp }),
    nothing: '',
    'no token': 'not.a.token',
    'a megabyte': 'x'.repeat(1_000_000),
  }
  for (const [name, token] of Object.entries(forged)) expect(await read(token), name).toBeUndefined()
})

function swapPayload(token: string, payload: object): string {
  const [header, , signature] = token.split('.')
  return [header, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.')
}
