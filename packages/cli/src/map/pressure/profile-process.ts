// Samples a running Node process over its inspector: what its event loop works on, without a change to its code.
import { setTimeout as pause } from 'node:timers/promises'
import { cliErrors } from '../../command/errors.ts'
import type { CpuProfile } from './attribute-profile.ts'
import { type InspectorSession, openInspector } from './inspector-session.ts'

/** Where the process is: its number on this machine, or the address of an inspector that is already open. */
export type ProfileTarget = { readonly pid: number } | { readonly host: string; readonly port: number }

/** Node's own inspector port; a process that is asked by its number opens this one. */
const defaultPort = 9229
/** One sample a millisecond costs a busy process a percent or two while it lasts. */
const samplingMicroseconds = 1000

/** Reads `1234`, `host:port` or `:port`. @throws `map-profile-failed` */
export function parseProfileTarget(text: string): ProfileTarget {
  if (/^\d{1,9}$/.test(text)) return { pid: Number(text) }
  const [, host = '', port = ''] = /^([A-Za-z0-9.-]*):(\d{1,5})$/.exec(text) ?? []
  if (port === '' || Number(port) > 65_535) {
    throw failed(text, 'it is neither the number of a process nor host:port')
  }
  return { host: host === '' ? '127.0.0.1' : host, port: Number(port) }
}

/**
 * Profiles for some seconds. A process that was asked by its number opens its inspector on loopback for that time and closes it.
 * @throws `map-profile-failed`; the signal's reason when stopped
 */
export async function profileProcess(target: ProfileTarget, seconds: number, signal: AbortSignal): Promise<CpuProfile> {
  const place = 'pid' in target ? `process ${target.pid}` : `${target.host}:${target.port}`
  const { session, opened } =
    'pid' in target
      ? await openByNumber(target.pid, place, signal)
      : { session: await open(target, place, signal), opened: false }
  try {
    await session.send('Profiler.enable')
    await session.send('Profiler.setSamplingInterval', { interval: samplingMicroseconds })
    await session.send('Profiler.start')
    await pause(seconds * 1000, undefined, { signal })
    const { profile } = (await session.send('Profiler.stop')) as { readonly profile: CpuProfile }
    return profile
  } catch (cause) {
    signal.throwIfAborted()
    throw failed(place, cause instanceof Error ? cause.message : String(cause), cause)
  } finally {
    if (opened) await closeLater(session)
    session.close()
    if (opened) await untilClosed()
  }
}

async function untilClosed(): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    await pause(100)
    const answers = await fetch(`http://127.0.0.1:${defaultPort}/json/version`).then(
      () => true,
      () => false,
    )
    if (!answers) return
  }
}

interface Opened {
  readonly session: InspectorSession
  /** False for an inspector that somebody had opened before: it is theirs and stays open. */
  readonly opened: boolean
}

async function openByNumber(pid: number, place: string, signal: AbortSignal): Promise<Opened> {
  // An inspector that is open already may belong to another process: it must not be profiled by mistake.
  const before = await openInspector('127.0.0.1', defaultPort, signal).catch(() => undefined)
  if (before !== undefined) {
    if ((await pidOf(before)) === pid) return { session: before, opened: false }
    before.close()
    throw failed(place, `port ${defaultPort}, where it would open its inspector, belongs to another process`)
  }
  try {
    process.kill(pid, 'SIGUSR1')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    throw failed(place, code === 'EPERM' ? 'it belongs to another user' : 'there is no such process', cause)
  }
  for (let attempt = 0; ; attempt++) {
    const session = await openInspector('127.0.0.1', defaultPort, signal).catch(() => undefined)
    if (session !== undefined && (await pidOf(session)) === pid) return { session, opened: true }
    session?.close()
    if (attempt === 40) throw failed(place, 'it opened no inspector; only Node answers this signal in that way')
    await pause(50, undefined, { signal })
  }
}

async function open(target: { readonly host: string; readonly port: number }, place: string, signal: AbortSignal) {
  try {
    return await openInspector(target.host, target.port, signal)
  } catch (cause) {
    signal.throwIfAborted()
    throw failed(place, 'no inspector answers there', cause)
  }
}

async function pidOf(session: InspectorSession): Promise<number | undefined> {
  const answer = (await session.send('Runtime.evaluate', { expression: 'process.pid' })) as {
    readonly result?: { readonly value?: unknown }
  }
  return typeof answer.result?.value === 'number' ? answer.result.value : undefined
}

// Closing an inspector that still has a session has killed processes of Node 24: it closes when ours has gone.
async function closeLater(session: InspectorSession): Promise<void> {
  const expression = "setTimeout(() => process.getBuiltinModule('node:inspector').close(), 200).unref()"
  await session.send('Runtime.evaluate', { expression }).catch(() => undefined)
}

const failed = (place: string, reason: string, cause?: unknown) =>
  cliErrors('map-profile-failed', { details: { place, reason }, ...(cause === undefined ? {} : { cause }) })
