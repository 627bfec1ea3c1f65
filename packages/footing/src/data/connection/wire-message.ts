// Writes a statement as PostgreSQL's extended protocol wants it, everything in one message: what opens its transaction,
// Parse where the server does not know it yet, Bind, Describe where its columns are not known, Execute and Sync.
import pg from 'pg'

/** What goes into the message. */
export interface MessageParts {
  readonly text: string
  readonly values: readonly unknown[]
  readonly name?: string | undefined
  readonly parsed?: boolean | undefined
  readonly shape?: { readonly columns: unknown } | undefined
  readonly opening?: readonly string[] | undefined
}

/** What the driver makes of a value: its text, its bytes, or nothing. */
type Wire = string | Buffer | null

// The driver's own way to write values, which its types leave out.
const { prepareValue } = (pg as unknown as { readonly utils: { prepareValue(value: unknown): Wire } }).utils

const execute = Buffer.from([0x45, 0, 0, 0, 9, 0, 0, 0, 0, 0])
const describePortal = Buffer.from([0x44, 0, 0, 0, 6, 0x50, 0])
const sync = Buffer.from([0x53, 0, 0, 0, 4])
// Without name, parameters and rows.
const bindEmpty = Buffer.from([0x42, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0])

/** The message. Throws for a value that has no text, and for a text that the server would take to be shorter. */
export function messageFor({ text, values, name = '', parsed, shape, opening = [] }: MessageParts): Buffer {
  const parse = parsed !== true
  if (parse && text.includes('\0')) throw new TypeError('the statement contains NUL')
  const describe = shape?.columns === undefined
  const wires: Wire[] = new Array(values.length)
  const sizes: number[] = new Array(values.length)
  // Length, two empty names, three counts, one format of the answer.
  let bindSize = 4 + 1 + Buffer.byteLength(name) + 1 + 2 + 2 * values.length + 2 + 4 * values.length + 4
  for (let at = 0; at < values.length; at += 1) {
    const wire = prepareValue(values[at])
    const size = wire === null ? -1 : typeof wire === 'string' ? Buffer.byteLength(wire) : wire.length
    wires[at] = wire
    sizes[at] = size
    if (size > 0) bindSize += size
  }
  let size = 1 + bindSize + execute.length + sync.length
  if (parse) size += parseSize(name, text)
  if (describe) size += describePortal.length
  for (const before of opening) size += parseSize('', before) + bindEmpty.length + execute.length

  const buffer = Buffer.allocUnsafe(size)
  let at = 0
  for (const before of opening) {
    at = writeParse(buffer, at, '', before)
    at += bindEmpty.copy(buffer, at)
    at += execute.copy(buffer, at)
  }
  if (parse) at = writeParse(buffer, at, name, text)
  at = writeBind(buffer, at, bindSize, name, wires, sizes)
  if (describe) at += describePortal.copy(buffer, at)
  at += execute.copy(buffer, at)
  sync.copy(buffer, at)
  return buffer
}

function parseSize(name: string, text: string): number {
  return 1 + 4 + Buffer.byteLength(name) + 1 + Buffer.byteLength(text) + 1 + 2
}

function writeParse(buffer: Buffer, start: number, name: string, text: string): number {
  buffer[start] = 0x50
  let at = writeText(buffer, start + 5, name)
  at = writeText(buffer, at, text)
  at = buffer.writeUInt16BE(0, at)
  buffer.writeInt32BE(at - start - 1, start + 1)
  return at
}

function writeBind(
  buffer: Buffer,
  start: number,
  size: number,
  name: string,
  wires: readonly Wire[],
  sizes: readonly number[],
): number {
  buffer[start] = 0x42
  buffer.writeInt32BE(size, start + 1)
  buffer[start + 5] = 0
  let at = writeText(buffer, start + 6, name)
  at = buffer.writeUInt16BE(wires.length, at)
  for (const wire of wires) at = buffer.writeUInt16BE(wire === null || typeof wire === 'string' ? 0 : 1, at)
  at = buffer.writeUInt16BE(wires.length, at)
  for (let index = 0; index < wires.length; index += 1) {
    // As many sizes as values.
    const [wire, size] = [wires[index], sizes[index]!]
    at = buffer.writeInt32BE(size, at)
    if (typeof wire === 'string') at += buffer.write(wire, at)
    else if (wire) at += wire.copy(buffer, at)
  }
  // One format for all columns of the answer: text.
  at = buffer.writeUInt16BE(1, at)
  return buffer.writeUInt16BE(0, at)
}

function writeText(buffer: Buffer, at: number, text: string): number {
  const end = at + buffer.write(text, at)
  buffer[end] = 0
  return end + 1
}
