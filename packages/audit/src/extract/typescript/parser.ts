// The parser of TypeScript and JavaScript, loaded when the first such file is read: a Python-only audit never pays for it.
import { createRequire } from 'node:module'
import type { parseSync } from 'oxc-parser'

/** How to parse one text. */
export type Parse = typeof parseSync

let loaded: Parse | Error | undefined

/** The parser, or why this machine has none. Loading is synchronous because reading threads are. */
export function parser(): Parse | Error {
  if (loaded === undefined) {
    try {
      const module = createRequire(import.meta.url)('oxc-parser') as { readonly parseSync: Parse } // its own types say so
      loaded = module.parseSync
    } catch (error) {
      loaded = error instanceof Error ? error : new Error(String(error))
    }
  }
  return loaded
}
