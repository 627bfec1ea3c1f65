// The keys that processes of one application share: the first one signs, all of them are recognised.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'

/** One key. The secret is kept as a key object, which shows nothing when it is printed. */
export interface ModuleKey {
  readonly id: string
  readonly secret: KeyObject
}

/** Keys in order; rotation adds a new one at the end, then moves it to the front, then takes the old one out. */
export interface ModuleKeys {
  readonly signing: ModuleKey
  find(id: string): ModuleKey | undefined
  /** True for a key that this process has made up: it is good on this machine only. */
  readonly development: boolean
}

const pattern = /^([A-Za-z0-9._-]{1,40}):([^\s,]{32,512})$/
const mostKeys = 10

/** What the text of a list of keys has to look like. */
export const keysExpected = 'up to ten keys as name:secret, separated by commas, with secrets of at least 32 characters'

/** Reads `name:secret,name:secret`; undefined when the text is anything else or a name comes twice. */
export function parseModuleKeys(text: string): ModuleKeys | undefined {
  const keys: ModuleKey[] = []
  for (const part of text.split(',')) {
    const [, id, secret] = pattern.exec(part.trim()) ?? []
    if (id === undefined || secret === undefined || keys.some((key) => key.id === id)) return undefined
    keys.push({ id, secret: createSecretKey(Buffer.from(secret, 'utf8')) })
  }
  const [signing] = keys
  if (signing === undefined || keys.length > mostKeys) return undefined
  return { signing, find: (id) => keys.find((key) => key.id === id), development: false }
}

let made: ModuleKeys | undefined

/**
 * The key of development and tests where MODULE_KEYS is not set: made up by this process at its first use, known to nobody
 * else, and the same for all applications in it. What is answered with it is answered to this machine only.
 */
export function developmentKeys(): ModuleKeys {
  const signing = { id: 'development', secret: createSecretKey(randomBytes(32)) }
  made ??= { signing, find: (id) => (id === signing.id ? signing : undefined), development: true }
  return made
}
