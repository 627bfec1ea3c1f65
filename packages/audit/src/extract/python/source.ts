// Bytes of a Python file as the lexer wants them: UTF-8, newlines as \n, closed by a newline and a zero byte.
import { isUtf8 } from 'node:buffer'
import type { Failure } from '../../facts/extractor.ts'

const COOKIE = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/
const BLANK_OR_COMMENT = /^[ \t\f]*(?:#.*)?$/

/** A source ready for the lexer. */
export interface Source {
  readonly bytes: Uint8Array
  /** Whether the file's own last line is closed by a newline. */
  readonly closed: boolean
}

/**
 * Prepares the first `length` bytes of `buffer` (which has two to spare). Follows PEP 263: a byte-order mark or a
 * coding cookie in the first two lines names the encoding, UTF-8 otherwise.
 */
export const readSource = (buffer: Uint8Array, length: number): Source | Failure => {
  let bytes = buffer.subarray(0, length)
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { code: 'encoding', line: 0, reason: 'the file is UTF-16, which Python does not read' }
  }
  // Buffer's indexOf is memchr; that of typed arrays is several times slower.
  const zero = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(0)
  if (zero >= 0) {
    return { code: 'null-byte', line: lineOf(bytes, zero), reason: 'the file has a null byte, so it is no source text' }
  }
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  const cookie = codingCookie(bytes)
  if (marked && cookie !== undefined && !/^utf[-_]8(?:[-_]|$)/i.test(cookie)) {
    return { code: 'encoding', line: 1, reason: 'the byte-order mark says UTF-8 and the coding cookie something else' }
  }
  const encoding = cookie === undefined ? 'utf-8' : cookie.toLowerCase().replaceAll('_', '-')
  const utf8 = marked || /^(?:utf-?8|utf-?8-.*|u8|cp65001|ascii|us-ascii)$/.test(encoding)
  if (utf8) {
    if (!isUtf8(bytes)) {
      return {
        code: 'encoding',
        line: invalidLine(bytes),
        reason: 'the file is not valid UTF-8 and names no other encoding',
      }
    }
  } else {
    const decoded = decode(bytes, encoding)
    if (decoded === undefined) {
      return {
        code: 'encoding',
        line: 1,
        reason: `the coding cookie names ${JSON.stringify(cookie)}, which is unknown`,
      }
    }
    bytes = new TextEncoder().encode(decoded)
    buffer = bytes
  }
  if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(13)) {
    bytes = withoutReturns(bytes)
    buffer = bytes
  }
  const start = marked ? 3 : 0
  const end = bytes.length
  let closed = buffer
  if (end + 2 > buffer.length) {
    closed = new Uint8Array(end + 2)
    closed.set(bytes)
  }
  closed[end] = 10
  closed[end + 1] = 0
  return { bytes: closed.subarray(start, end + 2), closed: end === 0 || closed[end - 1] === 10 }
}

const codingCookie = (bytes: Uint8Array): string | undefined => {
  // Only a comment in the first two lines counts, so most files are decided by two bytes.
  let start = bytes[0] === 0xef ? 3 : 0
  for (let line = 0; line < 2; line++) {
    let end = start
    while (end < bytes.length && bytes[end] !== 10 && bytes[end] !== 13) end++
    const first = bytes[start]
    if (first !== 35 && first !== 32 && first !== 9 && first !== 12 && first !== 10 && first !== 13) return undefined
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 1000)).toString('latin1')
    const cookie = COOKIE.exec(text)?.[1]
    if (cookie !== undefined) return cookie
    if (!BLANK_OR_COMMENT.test(text)) return undefined
    start = bytes[end] === 13 && bytes[end + 1] === 10 ? end + 2 : end + 1
  }
  return undefined
}

const decode = (bytes: Uint8Array, encoding: string): string | undefined => {
  // Python's latin-1 is all 256 bytes as they are; the web's label means windows-1252.
  if (/^(?:latin-?1|iso-?8859-?1|l1|iso-latin-1)(?:-.*)?$/.test(encoding)) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  }
  if (/^utf-?16|^utf-?32/.test(encoding)) return undefined
  const label = encoding.replace(/^cp(\d+)$/, (_, page: string) => (page === '932' ? 'shift_jis' : `windows-${page}`))
  try {
    return new TextDecoder(label).decode(bytes)
  } catch {
    return undefined
  }
}

const withoutReturns = (bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(bytes.length + 2)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const c = bytes[at]!
    if (c !== 13) out[length++] = c
    else if (bytes[at + 1] !== 10) out[length++] = 10
  }
  return out.subarray(0, length)
}

const lineOf = (bytes: Uint8Array, end: number): number => {
  let line = 1
  for (let at = 0; at < end; at++) if (bytes[at] === 10) line++
  return line
}

const invalidLine = (bytes: Uint8Array): number => {
  let line = 1
  for (let start = 0; start < bytes.length; line++) {
    const next = bytes.indexOf(10, start)
    const end = next < 0 ? bytes.length : next + 1
    if (!isUtf8(bytes.subarray(start, end))) return line
    start = end
  }
  return 0
}
