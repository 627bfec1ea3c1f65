// Places in code: which frame of a stalled stack is the application's own, and how a place is written.
import { isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RawFrame } from './shared-beat.ts'

/** A place in code. */
export interface StackFrame {
  /** Name of the function; `(anonymous)` without one. */
  readonly function: string
  /** Path below the working directory, `node:…` for Node itself. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** Whose code it is. */
  readonly owner: 'application' | 'package' | 'footing' | 'node'
}

/** Names can be made up by code at any length. */
const longest = 200

/** Describes a frame; `library` is the folder that Footing itself is loaded from, as URL. */
export function describeFrame(raw: RawFrame, library: string): StackFrame {
  const { url, line, column } = raw
  return {
    function: cut(raw.function || '(anonymous)'),
    file: fileOf(url),
    line,
    column,
    owner: ownerOf(url, library),
  }
}

/** The frame to show first: the application's own innermost one, else a package's; undefined in nobody's but Node's and Footing's code. */
export function mainFrame(frames: readonly StackFrame[]): StackFrame | undefined {
  return frames.find(({ owner }) => owner === 'application') ?? frames.find(({ owner }) => owner === 'package')
}

/** `hashAll (src/report.ts:12)`. */
export function placeOf({ function: name, file, line }: StackFrame): string {
  return `${name} (${file}:${line})`
}

function ownerOf(url: string, library: string): StackFrame['owner'] {
  if (url.startsWith('node:') || url === '') return 'node'
  // In this repository and where packages are linked the library does not lie in node_modules.
  if (url.startsWith(library) && !url.includes('.fixture.') && !url.includes('.test.')) return 'footing'
  return url.includes('/node_modules/') ? 'package' : 'application'
}

function fileOf(url: string): string {
  if (url === '') return 'node:native'
  // Code can stand in the URL itself.
  if (url.startsWith('data:')) return 'data:'
  if (!url.startsWith('file:')) return cut(url)
  const path = fileURLToPath(url)
  const below = relative(process.cwd(), path)
  return cut(below.startsWith('..') || isAbsolute(below) ? path : below)
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
