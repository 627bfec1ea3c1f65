import { createHmac } from 'node:crypto'
import { generateKeyPair, jwtVerify, SignJWT, UnsecuredJWT } from 'jose'
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

test('a token names its account until it expires', () => {
  const token = tokensAt(start).issue('7')
  expect(tokensAt(start).read(token)).toBe('7')
  expect(tokensAt(start + (hour - 1) * 1000).read(token)).toBe('7')
  expect(tokensAt(start + hour * 1000).read(token)).toBeUndefined()
})

test('the breaking tests below break one thing each: unbroken, the token is read', async () => {
  expect(tokensAt(start).read(await rightToken().sign(bytes(secret)))).toBe('7')
})

test('what is issued is read by others who have the secret', async () => {
  const { payload, protectedHeader } = await jwtVerify(tokensAt(start).issue('7'), bytes(secret), {
    issuer: 'conduit',
    currentDate: new Date(start),
  })
  expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' })
  expect(payload).toEqual({ sub: '7', iss: 'conduit', iat: start / 1000, exp: start / 1000 + hour })
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
    'not valid yet': await rightToken()
      .setNotBefore(start / 1000 + 1)
      .sign(bytes(secret)),
    'a header that asks for more': signed(
      { alg: 'HS256', crit: ['b64'], b64: false },
      { sub: '7', iss: 'conduit', exp },
    ),
    'an expiry that is no number': signed({ alg: 'HS256' }, { sub: '7', iss: 'conduit', exp: String(exp) }),
    'a payload that is no object': signed({ alg: 'HS256' }, null),
    'another spelling of the signature': `${tokensAt(start).issue('7')}=`,
    'a fourth part': `${tokensAt(start).issue('7')}.`,
    'no signature': tokensAt(start)
      .issue('7')
      .replace(/[^.]*$/, ''),
    'a changed payload': swapPayload(tokensAt(start).issue('7'), { sub: '8', iss: 'conduit', exp }),
    nothing: '',
    'no token': 'not.a.token',
    'a megabyte': 'x'.repeat(1_000_000),
  }
  for (const [name, token] of Object.entries(forged)) expect(read(token), name).toBeUndefined()
})

function swapPayload(token: string, payload: object): string {
  const [header, , signature] = token.split('.')
  return [header, Buffer.from(JSON.stringify(payload)).toString('base64url'), signature].join('.')
}

/** With the right signature, whatever it says. */
function signed(header: unknown, payload: unknown): string {
  const content = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}
