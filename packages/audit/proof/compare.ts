// Compares our facts with CPython's own syntax tree, node by node, on every Python file below given folders.
//
//   node packages/audit/proof/compare.ts FOLDER… [--python python3.11] [--show 20]
//
// Exit 0: no difference. 1: differences. 2: could not run (no Python, no file).
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { python } from '../src/extract/python/python.ts'
import { StringPool } from '../src/facts/string-pool.ts'
import { SyntaxTree } from '../src/facts/tree.ts'
import { serialise } from './serialise.ts'

/** What a comparison found; every difference is a sentence that names the file. */
export interface Comparison {
  readonly files: number
  readonly lines: number
  readonly nodes: number
  /** Files that neither side could read. */
  readonly bothRefuse: string[]
  readonly differences: string[]
  /** Values that were not compared because CPython's tree cannot tell them (`\N{…}`, numbers inside f-strings). */
  readonly wildcards: number
}

/** Python files below a folder, sorted. */
export const pythonFiles = (folder: string): string[] => {
  const found: string[] = []
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (entry.isFile() && entry.name.endsWith('.py')) found.push(path)
    }
  }
  walk(folder)
  return found.sort()
}

/** Compares files with what the given Python reads in them. Rejects when it cannot be started. */
export const compareWithPython = async (files: readonly string[], interpreter: string): Promise<Comparison> => {
  const result = { files: 0, lines: 0, nodes: 0, bothRefuse: [] as string[], differences: [] as string[], wildcards: 0 }
  const child = spawn(interpreter, [join(import.meta.dirname, 'dump.py')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const started = new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('spawn', resolve)
  })
  await started
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  child.stdin.end(files.join('\0'))
  let path = ''
  let block: string[] = []
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.startsWith('F ')) path = JSON.parse(line.slice(2)) as string
    else if (line === '') {
      compareFile(path, block, result)
      block = []
    } else block.push(line)
  }
  if ((await ended) !== 0) result.differences.push(`${interpreter} stopped early, near ${path}`)
  if (result.files !== files.length) result.differences.push(`${result.files} of ${files.length} files were compared`)
  return result
}

interface Tally {
  files: number
  lines: number
  nodes: number
  bothRefuse: string[]
  differences: string[]
  wildcards: number
}

const pool = new StringPool()
const extractor = python.open(pool, { keepDocstrings: true })

const compareFile = (path: string, theirs: readonly string[], result: Tally): void => {
  const bytes = readFileSync(path)
  const buffer = new Uint8Array(bytes.length + 2)
  buffer.set(bytes)
  const read = extractor.read(buffer, bytes.length)
  result.files++
  const refused = theirs[0]?.startsWith('E ') === true
  if ('code' in read) {
    if (refused) result.bothRefuse.push(`${path}:${read.line} ${read.reason} (CPython: ${theirs[0]})`)
    else result.differences.push(`${path}:${read.line} only we refuse it: ${read.reason}`)
    return
  }
  if (refused) {
    result.differences.push(`${path} only CPython refuses it: ${theirs[0]}`)
    return
  }
  result.lines += read.lines
  const nodes = new Int32Array(read.words)
  read.layOut(nodes)
  const tree = new SyntaxTree({ path, nodes, names: read.names, comments: read.comments }, pool)
  const ours = serialise(tree)
  result.nodes += ours.length
  for (let at = 0; at < Math.max(ours.length, theirs.length); at++) {
    const same = sameNode(ours[at] ?? '(nothing)', theirs[at] ?? '(nothing)')
    if (same === 'wildcard') result.wildcards++
    if (same === 'different') {
      result.differences.push(`${path}: ours ${ours[at]} / CPython ${theirs[at]} (after ${ours[at - 1]})`)
      return
    }
  }
}

const sameNode = (ours: string, theirs: string): 'same' | 'wildcard' | 'different' => {
  if (ours === theirs) return 'same'
  const left = fields(ours)
  const right = fields(theirs)
  for (let at = 0; at < 5; at++) if (left[at] !== right[at] && right[at] !== '?') return 'different'
  return left[1] === 'String' || left[1] === 'Number' ? (right[4] === '?' ? 'wildcard' : 'same') : 'same'
}

const fields = (line: string): string[] => {
  const parts = line.split(' ')
  return [...parts.slice(0, 4), parts.slice(4).join(' ')]
}

const main = async (): Promise<number> => {
  const args = process.argv.slice(2)
  const option = (name: string, fallback: string): string => {
    const at = args.indexOf(name)
    return at < 0 ? fallback : (args.splice(at, 2)[1] ?? fallback)
  }
  const interpreter = option('--python', 'python3.11')
  const show = Number(option('--show', '20'))
  const files = args.filter((folder) => existsSync(folder)).flatMap(pythonFiles)
  if (files.length === 0) {
    console.error('usage: compare.ts FOLDER… [--python python3.11] [--show 20]: no Python file found')
    return 2
  }
  const result = await compareWithPython(files, interpreter)
  for (const line of result.bothRefuse) console.log(`refused by both: ${line}`)
  for (const line of result.differences.slice(0, show)) console.log(`difference: ${line}`)
  console.log(
    `${result.files} files, ${result.lines} lines, ${result.nodes} nodes compared: ` +
      `${result.differences.length} files differ, ${result.bothRefuse.length} refused by both, ` +
      `${result.wildcards} values that CPython's tree does not hold`,
  )
  return result.differences.length === 0 ? 0 : 1
}

if (import.meta.main) process.exitCode = await main()
