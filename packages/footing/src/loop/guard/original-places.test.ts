// Written places of compiled code: by a file beside it, by a map in the code itself, and none where there is none.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { OriginalPlaces } from './original-places.ts'

const folder = mkdtempSync(join(tmpdir(), 'footing-maps-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Line 1, column 1 of the compiled file is line 3, column 5 of the source.
const map = JSON.stringify({ version: 3, sources: ['../src/report.ts'], names: [], mappings: 'AAEI' })
const url = pathToFileURL(join(folder, 'dist/report.js')).href
const place = { url, line: 1, column: 1 }
const written = { url: pathToFileURL(join(folder, 'src/report.ts')).href, line: 3, column: 5 }

test.each([
  ['in base64', `data:application/json;base64,${Buffer.from(map).toString('base64')}`],
  ['as text', `data:application/json,${encodeURIComponent(map)}`],
])('a map in the code itself, %s', (_how, mapUrl) => {
  expect(new OriginalPlaces().find(place, mapUrl)).toEqual(written)
})

test('a map beside the code, read once', () => {
  const places = new OriginalPlaces()
  const file = join(folder, 'report.js.map')
  writeFileSync(file, map)
  const beside = pathToFileURL(file).href
  expect(places.find(place, beside)).toEqual(written)
  rmSync(file)
  expect(places.find(place, beside)).toEqual(written)
})

test.each([
  ['no map', undefined],
  ['an empty one', ''],
  ['one that is not there', 'missing.map'],
  ['one of another host', 'https://example.com/report.js.map'],
  ['one that is no JSON', 'data:application/json,{'],
  ['one with nothing in it', 'data:application/json,{}'],
])('%s: the place in the code is all there is', (_what, mapUrl) => {
  expect(new OriginalPlaces().find(place, mapUrl)).toBeUndefined()
  expect(new OriginalPlaces().find({ ...place, url: 'node:fs' }, mapUrl)).toBeUndefined()
})
