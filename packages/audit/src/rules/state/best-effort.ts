// Work that may be lost with its process, as its name says: measures, marks, caches, and what tidies up after the answer.

const BEST_EFFORT =
  /log|track|telemetr|metric|analytic|capture|report|trace|record|touch|last_?(?:seen|used|active|login)|seen|cache|invalidate|prefetch|warm|refresh|clean|unlink|release|abort|stop|close|disconnect|heartbeat|ping|flush|stream|listen|subscribe|poll|watch|loop|progress|write_?(?:chunk|event|line)|typing|presence|usage|stat(?:s|istic)|audit|seed|shut_?down|exit|terminate/i

/** Whether a name says that what it does may be lost; `camelCase` is read as words. */
export function mayBeLost(name: string): boolean {
  return BEST_EFFORT.test(inWords(name))
}

/** `sendMail` as `send_Mail`. */
export function inWords(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2')
}
