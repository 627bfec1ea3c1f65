// Writes the files and lines of a first version: all of them or none, and nothing that exists is replaced.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cliErrors } from '../command/errors.ts'
import type { AddedLine, FirstVersion } from './first-version.ts'

/**
 * Writes it below `folder` and answers with the paths that were written or changed.
 * @throws `generate-exists`, `generate-place-missing`
 */
export function writeFirstVersion(folder: string, { files, lines = [] }: FirstVersion): readonly string[] {
  const taken = files.find(({ path }) => existsSync(join(folder, path)))
  if (taken !== undefined) throw cliErrors('generate-exists', { details: { path: taken.path } })
  const changed = new Map<string, string>()
  for (const line of lines) changed.set(line.path, withLine(folder, changed.get(line.path), line))
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { flag: 'wx' })
  }
  for (const [path, text] of changed) writeFileSync(join(folder, path), text)
  return [...files.map(({ path }) => path), ...changed.keys()]
}

function withLine(folder: string, text: string | undefined, { path, before, line }: AddedLine): string {
  const place = join(folder, path)
  const current = text ?? (existsSync(place) ? readFileSync(place, 'utf8') : '')
  const at = current.indexOf(`\n${before}`)
  if (at < 0) throw cliErrors('generate-place-missing', { details: { path, before } })
  return `${current.slice(0, at + 1)}${line}\n${current.slice(at + 1)}`
}
