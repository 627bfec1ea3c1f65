// The line of one request, written by hand: it is the one that a busy process writes most.
import type { RequestRecord } from '../http/mount-route.ts'

/** Makes the function that writes it; `base` stands in every line. `at` is in milliseconds since 1970. */
export function requestLines(
  base: Readonly<Record<string, string>>,
): (level: 'info' | 'error', record: RequestRecord, at: number) => string {
  const facts = Object.entries(base)
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join('')
  let told = Number.NaN
  let time = ''
  return (level, record, at) => {
    if (at !== told) {
      told = at
      time = new Date(at).toISOString()
    }
    const { method, route, module, status, requestId, traceId, userId, code, bytes, durationMs, hungUp } = record
    let line = `{"level":"${level}","time":"${time}"${facts},"method":${JSON.stringify(method)}`
    if (route !== undefined) line += `,"route":${JSON.stringify(route)}`
    if (module !== undefined) line += `,"module":${JSON.stringify(module)}`
    line += `,"status":${status},"requestId":${JSON.stringify(requestId)}`
    if (traceId !== undefined) line += `,"traceId":"${traceId}"`
    if (userId !== undefined) line += `,"userId":${JSON.stringify(userId)}`
    if (code !== undefined) line += `,"code":${JSON.stringify(code)}`
    if (bytes !== undefined) line += `,"bytes":${bytes}`
    line += `,"durationMs":${Math.round(durationMs * 100) / 100}`
    return hungUp ? `${line},"hungUp":true,"message":"request"}\n` : `${line},"message":"request"}\n`
  }
}
