// Messages come through whole and in order, however the network cuts them; what is no message ends the connection.
import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { RowStream } from './row-stream.ts'

const message = (kind: string, body: string): Buffer => {
  const bytes = Buffer.from(`${kind}....${body}`)
  bytes.writeUInt32BE(bytes.length - 1, 1)
  return bytes
}

/** What reaches the driver and what the statement, one after the other. */
function open() {
  const seen: string[] = []
  const attachListeners = (stream: EventEmitter) => {
    stream.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; at += 1 + bytes.readUInt32BE(at + 1))
        seen.push(`driver ${bytes.toString('latin1', at, at + 1)}`)
    })
  }
  const connection = { attachListeners }
  const client = { connection } as unknown as pg.Client // the part of a client that is read here
  const rows = RowStream.before(client)
  rows.taker = {
    takeRow: (bytes, start, end) => seen.push(`row ${bytes.toString('utf8', start, end)}`),
    takeEnd: (command) => seen.push(`end ${command}`),
  }
  const socket = Object.assign(new EventEmitter(), { destroy: (error: Error) => seen.push(`cut: ${error.message}`) })
  connection.attachListeners(socket)
  return { seen, socket, rows, client }
}

const kinds = fc.constantFrom('D', 'C', 'Z', 'T', 'E', 'N', '1', '2', '3')
const messages = fc.array(fc.tuple(kinds, fc.string({ unit: 'binary-ascii', maxLength: 30 })), { maxLength: 20 })

test('cut at any place', () => {
  fc.assert(
    fc.property(messages, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (sent, sizes) => {
      const { seen, socket } = open()
      let rest = Buffer.concat(sent.map(([kind, body]) => message(kind, kind === 'C' ? `${body}\0` : body)))
      for (const size of sizes) {
        if (rest.length === 0) break
        socket.emit('data', rest.subarray(0, size))
        rest = rest.subarray(size)
      }
      const expected = sent.flatMap(([kind, body]) => {
        if (kind === 'D') return [`row ${body}`]
        if (kind === 'C') return [`end ${body}`]
        return '123'.includes(kind) ? [] : [`driver ${kind}`]
      })
      expect(seen).toEqual(expected)
    }),
  )
})

test('without a statement the driver gets everything, also rows', () => {
  const { seen, socket, rows, client } = open()
  rows.taker = undefined
  socket.emit('data', Buffer.concat([message('D', 'x'), message('2', ''), message('C', 'SELECT 1\0')]))
  expect(seen).toEqual(['driver D', 'driver 2', 'driver C'])
  expect(RowStream.of(client)).toBe(rows)
})

test('a length that no message has ends the connection', () => {
  const { seen, socket } = open()
  socket.emit('data', Buffer.from([0x44, 0, 0, 0, 3, 0, 0, 0]))
  expect(seen).toEqual(['cut: The server does not speak the protocol of PostgreSQL.'])
})
