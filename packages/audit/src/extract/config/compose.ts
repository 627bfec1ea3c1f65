// Compose files: services with what they are built from, run and are given.
import type { DeclaredService } from './contract.ts'
import { asCount, asList, asMap, asText, readYaml } from './yaml-documents.ts'

/** Services of a compose file, sorted as written; `problem` is empty when the file was read. */
export function readCompose(path: string, text: string): { services: DeclaredService[]; problem: string } {
  const { documents, problem } = readYaml(text)
  const services: DeclaredService[] = []
  for (const document of documents) {
    const declared = asMap(asMap(document.value)?.services)
    if (declared === undefined) continue
    for (const [name, raw] of Object.entries(declared)) {
      const service = asMap(raw)
      if (service === undefined) continue
      services.push({
        name,
        kind: 'compose',
        place: { path, line: document.lineOf(['services', name]) },
        image: asText(service.image),
        build: buildOf(path, service.build),
        command: commandOf(service.entrypoint, service.command),
        replicas: asCount(asMap(service.deploy)?.replicas) ?? asCount(service.scale),
        environment: environmentOf(service.environment),
        ports: asList(service.ports).map((port) => asText(port) || asText(asMap(port)?.target)),
        profiles: asList(service.profiles).map(asText),
      })
    }
  }
  return { services, problem }
}

/** Joins a folder and a relative path, `..` resolved; what leaves the root stays as written. */
export function joinPath(folder: string, relative: string): string {
  const parts = folder === '' ? [] : folder.split('/')
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/') || '.'
}

/** Environment as a map, from a map or from a list of `NAME=value`. */
export function environmentOf(raw: unknown): Map<string, string> {
  const map = asMap(raw)
  if (map !== undefined) return new Map(Object.entries(map).map(([name, value]) => [name, asText(value)]))
  const pairs = asList(raw).map((line): [string, string] => {
    const text = asText(line)
    const equals = text.indexOf('=')
    return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
  })
  return new Map(pairs)
}

function buildOf(path: string, raw: unknown): string {
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
  const map = asMap(raw)
  const context = map === undefined ? asText(raw) : asText(map.context) || '.'
  if (context === '') return ''
  const dockerfile = asText(map?.dockerfile)
  return dockerfile === '' ? joinPath(folder, context) : `${joinPath(folder, context)}:${dockerfile}`
}

function commandOf(entrypoint: unknown, command: unknown): string {
  const words = [entrypoint, command].map((part) => (Array.isArray(part) ? part.map(asText).join(' ') : asText(part)))
  return words.filter((word) => word !== '').join(' ')
}
