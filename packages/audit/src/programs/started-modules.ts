// Which modules the deployment files start: gunicorn's target, `python -m`, `node dist/main.js`, a console script.
import type { ConfigFacts } from '../extract/config/contract.ts'
import { folderOf } from '../extract/manifests/paths.ts'
import type { Place } from '../facts/place.ts'
import type { Module, ModuleId } from '../graph/contract.ts'

/** A module that some file starts. */
export interface StartedModule {
  readonly module: ModuleId
  readonly place: Place
  /** In words: "`python -m shop.worker`". */
  readonly what: string
  /** The command and the service's name, to tell a server from a worker. */
  readonly words: string
}

/** Files about tests, continuous integration and documentation start much that no deployment does. */
const BESIDE =
  /(?:^|\/)(?:tests?|init|\.ci|\.github|\.gitlab|ci|docs?|demo|examples?|hack|scripts?|scripts-dev|dev-tools)\/|\.test\.|(?:^|\/)build[\w-]*\.sh$/
/** Commands of a framework rather than of the project. */
const NO_PROGRAM = /^(?:manage|setup|conftest|alembic|migrate|env)$/

/** Modules of a program that deployment files start, in the order of those files. */
export function startedModules(modules: readonly Module[], config: ConfigFacts): StartedModule[] {
  const find = moduleFinder(modules)
  const found: StartedModule[] = []
  const add = (module: ModuleId, place: Place, what: string, words: string): void => {
    const { role, path = '' } = modules[module] ?? {}
    if (module < 0 || (role !== 'code' && (role !== 'script' || path.endsWith('.py'))) || NO_PROGRAM.test(stem(path)))
      return
    found.push({ module, place, what, words })
  }
  for (const { target, place, server, service } of config.servers) {
    if (target === '' || BESIDE.test(place.path)) continue
    add(find.named(target.split(':')[0] ?? ''), place, `\`${server}\` serves \`${target}\``, `${server} ${service}`)
  }
  const scripts = new Map(config.consoleScripts.map((script) => [script.name, script.module]))
  for (const { how, target, place, service, command } of config.started) {
    if (BESIDE.test(place.path)) continue
    const script = how === 'program' ? scripts.get(target) : undefined
    const module =
      how === 'module'
        ? find.named(target)
        : how === 'file'
          ? find.file(target, folderOf(place.path))
          : script === undefined
            ? -1
            : find.named(script)
    add(
      module,
      place,
      `\`${command.replace(/^(?:Exec\w+=|(?:then|else|do|exec)\s+|[A-Z_]+=\S*\s+)+/, '').replace(/\s+/g, ' ')}\``,
      `${command} ${service}`,
    )
  }
  return found
}

/** Modules by dotted name and by the path that an image or a build gives them; -1 for none. */
export function moduleFinder(modules: readonly Module[]): {
  named(name: string): ModuleId
  file(path: string, from: string): ModuleId
} {
  const byName = new Map<string, ModuleId>()
  const byPath = new Map<string, ModuleId>()
  const byEnd = new Map<string, ModuleId[]>()
  for (const { id, name, path } of modules) {
    if (!byName.has(name)) byName.set(name, id)
    const bare = withoutEnding(path)
    byPath.set(bare, id)
    const last = bare.slice(bare.lastIndexOf('/') + 1)
    const list = byEnd.get(last)
    if (list === undefined) byEnd.set(last, [id])
    else list.push(id)
  }
  const named = (name: string): ModuleId => {
    for (const one of [`${name}.__main__`, name]) {
      const exact = byName.get(one)
      if (exact !== undefined) return exact
      // A source root that the deployment puts on the path: `backend/shop/main.py` is `shop.main`.
      const end = one.replaceAll('.', '/')
      const ends = (byEnd.get(end.slice(end.lastIndexOf('/') + 1)) ?? []).filter((id) =>
        `/${withoutEnding(modules[id]?.path ?? '')}`.endsWith(`/${end}`),
      )
      if (ends.length === 1) return ends[0] ?? -1
    }
    return -1
  }
  const file = (path: string, from: string): ModuleId => {
    const wanted = withoutEnding(path)
    const segments = wanted.split('/')
    // What is built lies in `dist` and comes from `src`; an image has folders of its own in front.
    const sources = ['', 'src/', ...(segments.length > 1 ? [] : ['server/', 'app/'])]
    for (let drop = 0; drop < segments.length; drop++) {
      const tail = segments.slice(drop)
      for (const folder of new Set([from, ''])) {
        const base = folder === '' ? '' : `${folder}/`
        const plain = byPath.get(base + tail.join('/'))
        if (plain !== undefined) return plain
        const built = tail.findIndex((segment) => BUILT.test(segment))
        if (built < 0) continue
        const before = tail
          .slice(0, built)
          .map((segment) => `${segment}/`)
          .join('')
        for (const source of sources) {
          const id = byPath.get(base + before + source + tail.slice(built + 1).join('/'))
          if (id !== undefined) return id
        }
      }
    }
    return -1
  }
  return { named, file }
}

const BUILT = /^(?:dist|build|lib|out|\.output)$/
const withoutEnding = (path: string): string => path.replace(/\.(?:py|(?:d\.)?[cm]?[jt]sx?)$/, '')
const stem = (path: string): string => withoutEnding(path.slice(path.lastIndexOf('/') + 1))
