// gunicorn.conf.py, uvicorn's run() and pgbouncer.ini: settings read as text, never run.
import type { Pooler, ServerSetting } from './contract.ts'

/** Settings of a gunicorn configuration module; `undefined` when it sets nothing that matters. */
export function readGunicornSettings(path: string, text: string): ServerSetting | undefined {
  const workers = assignment(text, 'workers')
  const threads = assignment(text, 'threads')
  const workerClass = assignment(text, 'worker_class')
  const first = workers ?? workerClass ?? threads
  if (first === undefined) return undefined
  const fallback = /(?:getenv|environ\.get)\([^,()]+,\s*["']?(\d+)["']?\s*\)/.exec(workers?.value ?? '')?.[1]
  const spoken = fallback ?? workers?.value ?? ''
  const whole = /^\d+$/.test(spoken)
  return {
    server: 'gunicorn',
    place: { path, line: first.line },
    service: '',
    workers: whole ? Number(spoken) : undefined,
    workersText: whole ? '' : spoken.slice(0, 200),
    threads: threads !== undefined && /^\d+$/.test(threads.value) ? Number(threads.value) : undefined,
    workerClass: workerClass?.value.replace(/^["']|["']$/g, '') ?? '',
    target: '',
  }
}

function assignment(text: string, name: string): { value: string; line: number } | undefined {
  const lines = text.split(/\r?\n/).slice(0, 5000)
  const index = lines.findLastIndex((line) => line.startsWith(name) && /^\s*=(?!=)/.test(line.slice(name.length)))
  if (index < 0) return undefined
  const value = (lines[index] ?? '')
    .slice(name.length)
    .replace(/^\s*=\s*/, '')
    .replace(/\s+#.*$/, '')
  return { value: value.trim(), line: index + 1 }
}

/** The pooler that a pgbouncer.ini configures. */
export function readPgbouncerIni(path: string, text: string): Pooler {
  const value = (name: string) =>
    new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*([^;#\\r\\n]*)`, 'im').exec(text)?.[1]?.trim() ?? ''
  const mode = value('pool_mode').toLowerCase()
  const prepared = value('max_prepared_statements')
  const line = text.slice(0, Math.max(0, text.search(/^[ \t]*pool_mode/im))).split('\n').length
  return {
    kind: 'pgbouncer',
    place: { path, line },
    mode: mode === 'transaction' || mode === 'statement' ? mode : 'session', // PgBouncer's default is session.
    version: '',
    maxPreparedStatements: /^\d+$/.test(prepared) ? Number(prepared) : undefined,
  }
}
