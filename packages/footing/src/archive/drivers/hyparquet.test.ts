import { expect, test, vi } from 'vitest'

const absent = () => {
  throw new Error('Cannot find package')
}

test('without the packages both directions say what to install', async () => {
  vi.doMock('hyparquet', absent)
  vi.doMock('hyparquet-writer', absent)
  const { readParquet, writeParquet } = await import('./hyparquet.ts')
  const missing = { code: 'archive-parquet-missing', remedy: 'Run npm install hyparquet hyparquet-writer.' }
  await expect(writeParquet([], { version: 1, columns: [] })).rejects.toMatchObject(missing)
  await expect(readParquet(new Uint8Array(8))).rejects.toMatchObject(missing)
  vi.doUnmock('hyparquet')
  vi.doUnmock('hyparquet-writer')
})

test('bytes that are no file are refused, also when they claim to unpack to everything', async () => {
  vi.resetModules()
  const { readParquet, writeParquet } = await import('./hyparquet.ts')
  const { textKind } = await import('../contract/column-kind.ts')
  for (const bytes of [
    new Uint8Array(),
    new Uint8Array(100),
    Buffer.from('PAR1PAR1'),
    Buffer.from('PAR1\xff\xff\xff\x7fPAR1', 'latin1'),
  ]) {
    await expect(readParquet(bytes)).rejects.toThrow()
  }
  const column = { name: 'a', kind: textKind, values: Array.from({ length: 1000 }, (_, n) => `value ${n}`) }
  const file = Buffer.from(await writeParquet([column], { version: 1, columns: [] }))
  expect((await readParquet(file)).rows).toBe(1000)
  // Whatever single byte is wrong, the reader ends: with an error, or with values that the checksum of the book refuses.
  for (let position = 4; position < file.length - 8; position += 97) {
    const broken = Buffer.from(file)
    broken[position] = (broken[position] ?? 0) ^ 0xff
    await readParquet(broken).catch((error: unknown) => expect(error).toBeInstanceOf(Error))
  }
})
