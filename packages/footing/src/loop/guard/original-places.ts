// Finds the place in the written source for a place in a compiled file. For the watchdog's thread: reading a map takes a while.
import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { fileURLToPath } from 'node:url'

/** A place in code; lines and columns count from 1. */
export interface CodePlace {
  readonly url: string
  readonly line: number
  readonly column: number
}

/** Longest map that is read, in characters: the thread has little memory. */
const longestMap = 4_000_000
/** Maps that are kept. */
const mostMaps = 20

/** Remembers the maps that it has read. */
export class OriginalPlaces {
  readonly #maps = new Map<string, SourceMap | undefined>()

  /** The written place; undefined without a map, and for one that cannot be read. */
  find({ url, line, column }: CodePlace, mapUrl: string | undefined): CodePlace | undefined {
    if (mapUrl === undefined || mapUrl === '' || !url.startsWith('file:')) return undefined
    const entry = this.#mapOf(url, mapUrl)?.findEntry(line - 1, column - 1)
    if (entry === undefined || !('originalSource' in entry)) return undefined
    if (!URL.canParse(entry.originalSource, url)) return undefined
    const source = new URL(entry.originalSource, url)
    return { url: source.href, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
  }

  #mapOf(url: string, mapUrl: string): SourceMap | undefined {
    if (this.#maps.has(url)) return this.#maps.get(url)
    if (this.#maps.size >= mostMaps) this.#maps.clear()
    const map = readMap(url, mapUrl)
    this.#maps.set(url, map)
    return map
  }
}

function readMap(url: string, mapUrl: string): SourceMap | undefined {
  try {
    const text = mapUrl.startsWith('data:')
      ? embedded(mapUrl)
      : readFileSync(fileURLToPath(new URL(mapUrl, url)), 'utf8')
    // Whatever else it holds: the map class reads it or throws.
    return text.length > longestMap ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload)
  } catch {
    return undefined // a frame in the compiled file says enough
  }
}

function embedded(mapUrl: string): string {
  const comma = mapUrl.indexOf(',')
  const data = mapUrl.slice(comma + 1)
  return mapUrl.slice(0, comma).endsWith(';base64') ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data)
}
