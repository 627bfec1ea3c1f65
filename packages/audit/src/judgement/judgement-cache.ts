// The judgement of the last run, found again by a hash of everything that it depends on. Anything wrong with it means "none".
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
// The whole module: a Node that is too old lacks crc32, and has to get as far as being told so.
import zlib from 'node:zlib'
import type { Case, Judgement } from './judge.ts'
import { toolVersion } from './tool-version.ts'

/** Raise it when the layout changes. */
const FORMAT = 'footing-judgement-3'

/** Hash of what a judgement depends on: the auditor itself, every source, the text of the configuration, history, settings. */
export function caseKey({ facts, config, history, settings, rules, takesInventory }: Case): string {
  const hash = createHash('sha256')
  const parts = [FORMAT, toolVersion(), ownCode(), facts.digest, config.digest, history.digest]
  for (const part of [...parts, JSON.stringify(settings), String(takesInventory), ...rules.map(({ id }) => id)])
    hash.update(part).update('\0')
  return hash.digest('hex')
}

/** The file that keeps the judgement of one audited folder. */
export function judgementFile(folder: string, root: string): string {
  return join(folder, `judgement-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.json`)
}

/** The judgement with this key; undefined when there is none, it is another one's, or the file is damaged. */
export function recallJudgement(file: string, key: string): Judgement | undefined {
  try {
    const text = readFileSync(file, 'utf8')
    const end = text.indexOf('\n')
    const body = text.slice(end + 1)
    if (text.slice(0, end) !== header(key, body)) return undefined
    return JSON.parse(body) as Judgement // written below, and guarded by key and checksum
  } catch {
    return undefined
  }
}

/** Keeps a judgement; a folder that cannot be written costs the next run its start, not this run its result. */
export function keepJudgement(file: string, folder: string, key: string, judgement: Judgement): void {
  const body = JSON.stringify(judgement)
  const temporary = `${file}.${process.pid}.tmp`
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, '.gitignore'), '*\n')
  } catch {
    return
  }
  try {
    writeFileSync(temporary, `${header(key, body)}\n${body}`)
    renameSync(temporary, file)
  } catch {
    rmSync(temporary, { force: true })
  }
}

function header(key: string, body: string): string {
  return `${FORMAT} ${key} ${zlib.crc32(body)}`
}

// A version names a release; while the auditor itself is worked on, its files change without one.
function ownCode(): string {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(?:js|ts)$/.test(path))
  const stamps = files.sort().map((path) => {
    const { size, mtimeMs } = statSync(join(root, path))
    return `${path} ${size} ${mtimeMs}`
  })
  return createHash('sha256').update(stamps.join('\n')).digest('hex')
}
