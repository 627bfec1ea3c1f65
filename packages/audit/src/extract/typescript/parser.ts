// The parser of TypeScript and JavaScript, loaded when the first such file is read: a Python-only audit never pays for it.
import { createRequire } from 'node:module'
import type { ParseResult, ParserOptions } from 'oxc-parser'

/** Parses one text. */
export type Parse = (path: string, text: string) => ParseResult

/** What is used of the package. */
interface Oxc {
  parseSync(path: string, text: string, options: ParserOptions & { experimentalRawTransfer?: boolean }): ParseResult
  rawTransferSupported(): boolean
}

let loaded: Parse | Error | undefined

/** The parser, or why this machine has none. Loading is synchronous because reading threads are. */
export function parser(): Parse | Error {
  if (loaded === undefined) {
    try {
      const oxc = createRequire(import.meta.url)('oxc-parser') as Oxc // as its own types say
      // The tree read out of shared memory instead of JSON: 2.7 times faster, the same nodes.
      const options = {
        sourceType: 'unambiguous',
        preserveParens: false,
        experimentalRawTransfer: sharesMemory(oxc),
      } as const
      loaded = (path, text) => oxc.parseSync(path, text, options)
    } catch (error) {
      loaded = error instanceof Error ? error : new Error(String(error))
    }
  }
  return loaded
}

/** Shared memory takes gigabytes of address space, which is not there under every limit. */
function sharesMemory(oxc: Oxc): boolean {
  try {
    return (
      oxc.rawTransferSupported() &&
      oxc.parseSync('a.js', '1', { experimentalRawTransfer: true }).program.body.length === 1
    )
  } catch {
    return false
  }
}
