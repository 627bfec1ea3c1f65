// Stack traces for the person who wrote the application: their line first, the frames of Footing and of packages counted.
import { existsSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readTextFile } from '@footing/audit/repository'

/** Where the application is, and which folders are none of its code although its frames run through them. */
export interface TraceView {
  /** Paths are shown relative to it. */
  readonly home: string
  /** Folders of Footing's own packages. */
  readonly footing: readonly string[]
}

/** Errors of a chain of causes that are shown; a longer one is cut. */
const mostErrors = 5
const widestLine = 120

/** The view from the folder of an application. */
export function traceViewOf(home: string): TraceView {
  const packages = ['@footing/core', '@footing/kernel', '@footing/audit'].map((name) =>
    packageOf(fileURLToPath(import.meta.resolve(name))),
  )
  return { home, footing: [...packages, packageOf(fileURLToPath(import.meta.url))] }
}

/**
 * An error for a screen: the user's line with its source, then what was thrown and the user's frames. Errors that only
 * pass another one on are left out; undefined when there is nothing to show.
 */
export function explainError(error: unknown, view: TraceView): string | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : String(error)
  const chain = chainOf(error)
  const told = chain.filter((one) => framesOf(one).some((frame) => isOwn(frame, view)))
  // Without a line of the user's the innermost error knows most.
  const shown = told.length > 0 ? told : chain.slice(-1)
  const place = shown.map((one) => placeOf(one, view)).findLast((one) => one !== undefined)
  const blocks = shown.map(
    (one, index) => `${index === 0 ? '' : 'caused by '}${foldStack(one.stack ?? one.message, view)}`,
  )
  return [...(place === undefined ? [] : [place]), ...blocks].join('\n')
}

/** Whether a line of the user is in the error or in one of its causes. */
export function hasOwnLine(error: unknown, view: TraceView): boolean {
  return error instanceof Error && chainOf(error).some((one) => framesOf(one).some((frame) => isOwn(frame, view)))
}

/** Folds the frames in lines that arrive one by one: what the runtime prints when a process dies. */
export class FrameFolder {
  readonly #view: TraceView
  #folded = 0

  constructor(view: TraceView) {
    this.#view = view
  }

  /** The lines to show now. */
  push(line: string): readonly string[] {
    if (!isFrame(line)) return [...this.end(), line]
    if (isOwn(line, this.#view)) return [...this.end(), shorten(line, this.#view)]
    this.#folded += 1
    return []
  }

  /** What is still to be said when no line follows. */
  end(): readonly string[] {
    if (this.#folded === 0) return []
    const count = this.#folded
    this.#folded = 0
    return [`    … ${count} ${count === 1 ? 'frame' : 'frames'} of Footing and of packages`]
  }
}

function foldStack(stack: string, view: TraceView): string {
  const folder = new FrameFolder(view)
  return [...stack.split('\n').flatMap((line) => folder.push(line)), ...folder.end()].join('\n')
}

function chainOf(error: Error): readonly Error[] {
  const chain: Error[] = [error]
  for (let next = error.cause; next instanceof Error && chain.length < mostErrors; next = next.cause) {
    if (chain.includes(next)) break
    chain.push(next)
  }
  return chain
}

const isFrame = (line: string): boolean => /^\s+at .*(?::\d+:\d+|<anonymous>|native)\)?$/.test(line)
const framesOf = ({ stack = '' }: Error): readonly string[] => stack.split('\n').filter(isFrame)

interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

function readPlace(frame: string): Place | undefined {
  const [, place = '', line, column] =
    /(?:\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/]).*?):(\d+):(\d+)\)?$/.exec(frame) ?? []
  if (place === '') return undefined
  try {
    const file = place.startsWith('file://') ? fileURLToPath(place) : place
    return { file, line: Number(line), column: Number(column) }
  } catch {
    return undefined
  }
}

function isOwn(frame: string, { footing }: TraceView): boolean {
  const file = readPlace(frame)?.file
  if (file === undefined || file.split(sep).includes('node_modules')) return false
  return !footing.some((folder) => file.startsWith(folder + sep))
}

// `src/shop.ts:12:5  return order.name`: an editor that reads terminals can jump there.
function placeOf(error: Error, view: TraceView): string | undefined {
  const frame = framesOf(error).find((one) => isOwn(one, view))
  const place = frame === undefined ? undefined : readPlace(frame)
  if (place === undefined) return undefined
  const { file, line, column } = place
  const source = readTextFile(file)
  const text = 'text' in source ? (source.text.split('\n')[line - 1]?.trim() ?? '') : ''
  return `${shortPath(file, view)}:${line}:${column}${text === '' ? '' : `  ${text.slice(0, widestLine)}`}`
}

function shorten(frame: string, view: TraceView): string {
  const place = readPlace(frame)
  if (place === undefined) return frame
  const { file, line, column } = place
  const start = frame.slice(0, frame.search(/(?:file:\/\/|\/|[A-Za-z]:[\\/])/))
  return `${start}${shortPath(file, view)}:${line}:${column}${start.endsWith('(') ? ')' : ''}`
}

function shortPath(file: string, { home }: TraceView): string {
  const path = relative(home, file)
  return path.startsWith('..') ? file : path
}

function packageOf(file: string): string {
  for (let at = dirname(file); ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json')) || dirname(at) === at) return at
  }
}
