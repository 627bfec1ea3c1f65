// Keeps the generated part of CODEOWNERS or of a README up to date, or says that it is not.
import { writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { readTextFile, refusalWords } from '@footing/audit/repository'
import { type CommandContext, type ExitCode, exit } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { codeowners, codeownersFile, codeownersMarkers } from './codeowners.ts'
import { type Markers, sectionOf, withSection } from './marked-section.ts'
import { mermaid } from './mermaid.ts'
import type { ReadMap } from './read-map.ts'

/** `--write` and `--check`. @throws `map-format-unknown`, `map-markers-broken`, `map-file-unwritable` */
export function keepPart(read: ReadMap, { options, terminal, cwd }: CommandContext): ExitCode {
  const { file, markers, part } = partOf(read, String(options.format), options.output, cwd)
  const shown = relative(cwd, file) || file
  const before = textOf(file, shown, options.output === undefined ? read.repository : undefined)
  const upToDate = sectionOf(before, markers, shown) === part
  if (options.write !== true) {
    if (terminal.wantsJson) terminal.json({ ok: upToDate, file: shown })
    else if (upToDate) terminal.out(`${shown} says what the manifests say`)
    else
      terminal.out(
        `${terminal.style('out of date', 'red')}  ${shown}: run it with --write instead of --check, and commit the file`,
      )
    return upToDate ? exit.ok : exit.findings
  }
  if (!upToDate) {
    try {
      writeFileSync(file, withSection(before, part, markers, shown))
    } catch (cause) {
      throw cliErrors('map-file-unwritable', { details: { file: shown }, cause })
    }
  }
  if (terminal.wantsJson) terminal.json({ ok: true, file: shown, changed: !upToDate })
  else terminal.out(upToDate ? `${shown} is up to date` : `${shown} written`)
  return exit.ok
}

/** What stands there now. A file that nobody named is only touched where it is a regular one of this repository. */
function textOf(file: string, shown: string, tree: string | undefined): string {
  const found = readTextFile(file, { limit: 16 << 20, ...(tree === undefined ? {} : { tree }) })
  if ('text' in found) return found.text
  if (found.refused === 'missing') return ''
  throw cliErrors('map-file-unreadable', { details: { file: shown, reason: refusalWords[found.refused] } })
}

function partOf({ map, folder, repository }: ReadMap, format: string, given: unknown, cwd: string) {
  const file = typeof given === 'string' ? resolve(cwd, given) : undefined
  if (format === 'codeowners') {
    const application = relative(repository, folder).replaceAll('\\', '/') || map.title
    return { file: file ?? codeownersFile(repository), markers: codeownersMarkers(application), part: codeowners(map) }
  }
  if (format === 'mermaid') {
    const part = `\n\`\`\`mermaid\n${mermaid(map)}\`\`\`\n`
    return { file: file ?? join(folder, 'README.md'), markers: readmeMarkers, part }
  }
  throw cliErrors('map-format-unknown', { details: { format } })
}

const readmeMarkers: Markers = {
  begin: '<!-- footing map: drawn from the manifests; do not edit -->',
  end: '<!-- footing map: end -->',
}
