// Headers that a route answers with, looked at before they are sent: Node throws for one that HTTP does not allow.

// An import would bring every name of this module, among them WebSocket, for which Node loads a whole HTTP client that
// nobody asked for.
const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http')

/** Name of the first header that cannot be sent, as text that can be shown; undefined when all can. */
export function refusedHeader(headers: Readonly<Record<string, unknown>> | undefined): string | undefined {
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined) continue
    try {
      validateHeaderName(name)
      for (const part of Array.isArray(value) ? value : [value]) validateHeaderValue(name, String(part))
    } catch {
      return JSON.stringify(name.slice(0, 60))
    }
  }
  return undefined
}
