// Command lines as data: which application server starts, with how many workers, and what it serves.
import type { Place } from '../../facts/place.ts'
import type { ServerSetting } from './contract.ts'

type Server = ServerSetting['server']

const PROGRAMS: ReadonlyMap<string, Server> = new Map([
  ['gunicorn', 'gunicorn'],
  ['uvicorn', 'uvicorn'],
  ['hypercorn', 'hypercorn'],
  ['daphne', 'daphne'],
  ['granian', 'granian'],
  ['uwsgi', 'uwsgi'],
  ['celery', 'celery'],
  ['fastapi', 'fastapi'],
  ['flask', 'flask'],
])

const WORKERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['gunicorn', ['-w', '--workers']],
  ['uvicorn', ['--workers']],
  ['fastapi', ['--workers']],
  ['hypercorn', ['-w', '--workers']],
  ['granian', ['--workers']],
  ['uwsgi', ['-p', '--processes', '--workers']],
  ['celery', ['-c', '--concurrency']],
])

/**
 * The servers that a shell command starts. Several commands joined by `&&`, `;` or `|` are each looked at; variables
 * with a default (`${WORKERS:-4}`) count as their default.
 */
export function serversOf(
  command: string,
  place: Place,
  service: string,
  environment?: ReadonlyMap<string, string>,
): ServerSetting[] {
  const found: ServerSetting[] = []
  for (const part of command.slice(0, 20_000).split(/&&|\|\||[;\n|]/)) {
    const words = splitWords(part)
    const at = words.findIndex((word) => PROGRAMS.has(base(word)) || isRunserver(word))
    const program = words[at]
    if (program === undefined) continue
    const server = isRunserver(program) ? 'django' : PROGRAMS.get(base(program))
    if (server === undefined || looksLikeInstall(words.slice(0, at))) continue
    const args = words.slice(at + 1)
    if (server === 'celery' && !args.includes('worker')) continue
    if ((server === 'flask' && !args.includes('run')) || (server === 'fastapi' && !/^(run|dev)$/.test(args[0] ?? '')))
      continue
    found.push(setting(server, args, place, service, environment))
  }
  return found
}

function setting(
  server: Server,
  args: readonly string[],
  place: Place,
  service: string,
  environment: ReadonlyMap<string, string> | undefined,
): ServerSetting {
  const flags = WORKERS.get(server) ?? []
  const spoken = option(args, flags) ?? environment?.get('WEB_CONCURRENCY') ?? ''
  const written = /^\$\{[^}:]+:-([^}]*)\}$/.exec(spoken)?.[1] ?? spoken
  const workers = /^\d+$/.test(written) ? Number(written) : undefined
  const threads = option(args, ['--threads'])
  return {
    server,
    place,
    service,
    workers,
    // A hole in a template says nothing.
    workersText: workers === undefined && !written.includes('TEMPLATE') ? written : '',
    threads: threads !== undefined && /^\d+$/.test(threads) ? Number(threads) : undefined,
    workerClass: option(args, server === 'celery' ? ['-P', '--pool'] : ['-k', '--worker-class']) ?? '',
    target: args.find((arg) => /^[A-Za-z_][\w.]*:[A-Za-z_][\w.()]*$/.test(arg)) ?? option(args, ['-A', '--app']) ?? '',
  }
}

function option(args: readonly string[], names: readonly string[]): string | undefined {
  for (const [index, arg] of args.entries()) {
    for (const name of names) {
      if (arg === name) return args[index + 1]
      if (arg.startsWith(`${name}=`)) return arg.slice(name.length + 1)
      if (/^-\w$/.test(name) && arg.startsWith(name) && /^-\w\d+$/.test(arg)) return arg.slice(2)
    }
  }
  return undefined
}

/** Words of a shell command; quotes are removed, an expansion in braces or parentheses stays one word. */
export function splitWords(text: string): string[] {
  const words = text.match(/(?:\$\{[^}]*\}|\$\([^)]*\)|"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []
  return words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2').replace(/["']/g, ''))
}

function base(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1)
}

function isRunserver(word: string): boolean {
  return word === 'runserver'
}

function looksLikeInstall(before: readonly string[]): boolean {
  return before.some((word) => /^(install|add|pip|apt-get|apk|which|pkill|echo|grep|pgrep)$/.test(base(word)))
}
