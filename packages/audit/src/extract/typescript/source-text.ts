// The text of a source file from its bytes, or why it is no TypeScript: binary, another format of that ending, a bundle.
import type { Failure } from '../../facts/extractor.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Lines of a bundle are long: this many bytes on average, in a file that is not tiny. */
const BUNDLE_LINE = 250
const BUNDLE_BYTES = 5_000
const LONGEST_LINE = 50_000

/** The text of a file without a mark of byte order, or a failure. */
export function readText(bytes: Uint8Array): string | Failure {
  const zero = bytes.indexOf(0)
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (zero >= 0) {
    const what = bytes[0] === 0x47 && bytes[188] === 0x47 ? 'an MPEG transport stream' : 'binary data'
    return { code: 'null-byte', line: 0, reason: `the file is ${what}, not TypeScript` }
  }
  if (bytes[0] === 0x47 && bytes[188] === 0x47 && bytes[376] === 0x47) {
    return { code: 'null-byte', line: 0, reason: 'the file is an MPEG transport stream, not TypeScript' }
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  let text: string
  try {
    text = decoder.decode(hasMark ? bytes.subarray(3) : bytes)
  } catch {
    return { code: 'encoding', line: 0, reason: 'the file is not UTF-8' }
  }
  if (/^\s*<(?:\?xml|!DOCTYPE\s+TS\b)/i.test(text.slice(0, 200))) {
    return { code: 'template', line: 1, reason: 'the file is XML (Qt Linguist uses this ending too), not TypeScript' }
  }
  return text
}

/** Whether a machine wrote the text for machines: a bundle or minified code. */
export function isBundle(text: string): boolean {
  if (text.length < BUNDLE_BYTES) return false
  let lines = 1
  let longest = 0
  let from = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
    longest = Math.max(longest, at - from)
    from = at + 1
    lines++
  }
  longest = Math.max(longest, text.length - from)
  if (text.length / lines > BUNDLE_LINE) return true
  // A long text in one constant is not a bundle: most of the file has to be in such lines.
  return longest > LONGEST_LINE && longest > text.length / 2
}
