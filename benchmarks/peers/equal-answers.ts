// Compares what the servers answer, field by field: figures of servers that do different things say nothing.
import type { RunningServer } from './running-server.ts'
import { type ScenarioName, scenarios } from './servers.ts'

/** Throws with the first differences when `other` answers otherwise than `first`. */
export async function verifyEqual(
  first: RunningServer,
  other: RunningServer,
  names: readonly ScenarioName[],
  token: string,
): Promise<void> {
  for (const name of names) {
    const ask = (server: RunningServer) => (scenarios[name].creates ? created(server, token) : read(server, name))
    const found = differences(await ask(first), await ask(other), '')
    if (found.length === 0) continue
    throw new Error(`${other.name} answers ${name} otherwise than ${first.name}:\n  ${found.slice(0, 10).join('\n  ')}`)
  }
}

async function read({ url }: RunningServer, name: ScenarioName): Promise<unknown> {
  const response = await fetch(`${url}${scenarios[name].path}`)
  return { status: response.status, body: await response.json() }
}

/** Two servers store two articles, so what has to differ is told by its kind. */
async function created({ url, name }: RunningServer, token: string): Promise<unknown> {
  const article = { title: `Checked ${name} ${Date.now()}`, description: 'About it', body: 'Text', tagList: ['b', 'a'] }
  const response = await fetch(`${url}${scenarios.create.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Token ${token}` },
    body: JSON.stringify({ article }),
  })
  // Compared below, whatever it is.
  const body = (await response.json()) as { article?: Record<string, unknown> }
  for (const key of ['slug', 'title', 'createdAt', 'updatedAt']) {
    if (body.article !== undefined) body.article[key] = typeof body.article[key]
  }
  return { status: response.status, body }
}

function differences(one: unknown, other: unknown, place: string): readonly string[] {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return Object.is(one, other) ? [] : [`${place}: ${JSON.stringify(one)} is not ${JSON.stringify(other)}`]
  }
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].flatMap((key) => differences(Reflect.get(one, key), Reflect.get(other, key), `${place}/${key}`))
}
