// What never reaches a log, wherever in the fields of a line it stands.

const secretNames = [
  'password',
  'passwordHash',
  'passphrase',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'apiKey',
  'authorization',
  'cookie',
  '["set-cookie"]',
  '["x-api-key"]',
]

/** Paths of secrets down to three levels below `fields`, in pino's syntax. */
export const defaultRedaction: readonly string[] = secretNames.flatMap((name) => {
  const step = name.startsWith('[') ? name : `.${name}`
  return [`fields${step}`, `fields.*${step}`, `fields.*.*${step}`]
})
