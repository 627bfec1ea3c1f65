// Dockerfiles: the command that an image runs. Only the last stage runs; earlier ones build.
import { joinPath } from './compose.ts'
import type { DeclaredService } from './contract.ts'

/** The image's process, or nothing when the file has no CMD and no ENTRYPOINT. */
export function readDockerfile(path: string, text: string): DeclaredService[] {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
  let command = ''
  let entrypoint = ''
  let image = ''
  let line = 1
  const environment = new Map<string, string>()
  for (const instruction of instructions(text)) {
    const { name, rest } = instruction
    if (name === 'FROM') {
      image = /^(?:--\S+\s+)*(\S+)/.exec(rest)?.[1] ?? ''
      command = ''
      entrypoint = ''
    } else if (name === 'CMD' || name === 'ENTRYPOINT') {
      if (name === 'CMD') command = words(rest)
      else entrypoint = words(rest)
      line = instruction.line
    } else if (name === 'ENV') {
      for (const [, key = '', quoted, bare] of rest.matchAll(/([A-Za-z_]\w*)=(?:"([^"]*)"|(\S*))/g)) {
        environment.set(key, quoted ?? bare ?? '')
      }
      const old = /^([A-Za-z_]\w*)\s+(.*)$/.exec(rest)
      if (old !== null) environment.set(old[1] ?? '', old[2] ?? '')
    }
  }
  const whole = [entrypoint, command].filter((part) => part !== '').join(' ')
  if (whole === '') return []
  const name = folder === '' ? 'image' : folder
  return [
    {
      name,
      kind: 'dockerfile',
      place: { path, line },
      image,
      build: joinPath(folder, '.'),
      command: whole,
      replicas: undefined,
      environment,
      ports: [],
      profiles: [],
    },
  ]
}

function* instructions(text: string): Generator<{ name: string; rest: string; line: number }> {
  const lines = text.split(/\r?\n/)
  for (let at = 0; at < lines.length; at++) {
    const match = /^\s*([A-Za-z]+)\s+(.*)$/.exec(lines[at] ?? '')
    if (match === null) continue
    const line = at + 1
    let rest = match[2] ?? ''
    while (/\\\s*$/.test(rest) && at + 1 < lines.length) {
      const next = lines[++at] ?? ''
      rest = rest.replace(/\\\s*$/, ' ') + (next.trimStart().startsWith('#') ? '\\' : next)
    }
    yield { name: (match[1] ?? '').toUpperCase(), rest: rest.trim(), line }
  }
}

/** Exec form (`["a", "b"]`) or shell form as one line of words. */
function words(rest: string): string {
  if (!rest.startsWith('[')) return rest
  try {
    const list: unknown = JSON.parse(rest)
    return Array.isArray(list) ? list.map(String).join(' ') : rest
  } catch {
    return rest
  }
}
