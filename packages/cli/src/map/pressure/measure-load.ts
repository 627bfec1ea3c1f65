// Reads the metrics of a running application, once or twice, or from a file.
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readTextFile, refusalWords } from '@footing/audit/repository'
import type { CommandContext } from '../../command/command.ts'
import { cliErrors } from '../../command/errors.ts'
import { wholeNumber } from '../model/whole-number.ts'
import { type Load, largestMetrics, loadOf, parseMetrics, type Sample, withLoopTime } from './measured.ts'

/** How long a profile takes unless `--seconds` says otherwise. */
const profileSeconds = 10

/**
 * Metrics and profile, side by side; undefined when neither was asked for. `folders` are absolute, by module.
 * @throws `map-metrics-unreadable`, `map-number-invalid`, `map-profile-failed`
 */
export async function measureLoad(
  context: CommandContext,
  folders: ReadonlyMap<string, string>,
): Promise<Load | undefined> {
  const { profile, seconds: given } = context.options
  if (typeof profile !== 'string') return readLoad(context)
  const { parseProfileTarget, profileProcess } = await import('./profile-process.ts')
  const { attributeProfile } = await import('./attribute-profile.ts')
  const seconds = given === undefined ? profileSeconds : wholeNumber(given, 'seconds')
  const target = parseProfileTarget(profile)
  context.terminal.note(`profiling for ${seconds} s`)
  const [load, taken] = await Promise.all([readLoad(context), profileProcess(target, seconds, context.signal)])
  return withLoopTime(load, attributeProfile(taken, folders), seconds)
}

async function readLoad({ options, cwd, env, signal, terminal }: CommandContext): Promise<Load | undefined> {
  const { metrics, seconds: given } = options
  if (typeof metrics !== 'string') return undefined
  const read = async (): Promise<readonly Sample[]> =>
    /^https?:\/\//.test(metrics)
      ? parseMetrics(await fetchText(metrics, env.METRICS_TOKEN, signal), withoutSecrets(metrics))
      : parseMetrics(readText(resolve(cwd, metrics), metrics), metrics)
  if (given === undefined) return loadOf(await read())
  const seconds = wholeNumber(given, 'seconds')
  const first = await read()
  terminal.note(`measuring for ${seconds} s`)
  await pause(seconds * 1000, undefined, { signal })
  return loadOf(await read(), first, seconds)
}

async function fetchText(url: string, token: string | undefined, signal: AbortSignal): Promise<string> {
  const place = withoutSecrets(url)
  try {
    const target = new URL(url)
    const headers: Record<string, string> = {}
    if (target.username !== '' || target.password !== '') {
      // fetch refuses an address with a password, and says it in its message.
      const pair = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`
      headers.authorization = `Basic ${Buffer.from(pair).toString('base64')}`
      target.username = ''
      target.password = ''
    }
    if (token !== undefined && token !== '') headers.authorization = `Bearer ${token}`
    const response = await fetch(target, {
      headers,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    })
    if (!response.ok) throw unreadable(place, `it answered with ${response.status}`)
    if (Number(response.headers.get('content-length') ?? 0) > largestMetrics)
      throw unreadable(place, 'it is larger than 16 MB')
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > largestMetrics) throw unreadable(place, 'it is larger than 16 MB')
    }
    return text
  } catch (cause) {
    if (signal.aborted || isOwn(cause)) throw cause
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : undefined
    throw unreadable(place, inner ?? (cause instanceof Error ? cause.message : String(cause)))
  }
}

function readText(file: string, shown: string): string {
  const read = readTextFile(file, { limit: largestMetrics })
  if ('text' in read) return read.text
  if (read.refused === 'too-large') throw unreadable(shown, 'it is larger than 16 MB')
  throw unreadable(shown, `it ${refusalWords[read.refused]}; an address begins with http://`)
}

const unreadable = (place: string, reason: string) =>
  cliErrors('map-metrics-unreadable', { details: { place, reason } })
const isOwn = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && cause.code === 'map-metrics-unreadable'

/** An address may hold a password or a token. */
function withoutSecrets(url: string): string {
  try {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname}`
  } catch {
    return 'the address'
  }
}
