// What an issue report needs: versions, platform, and what this folder looks like to Footing.
import type { DescribedCapability, DescribedProcess } from '@footing/core/tooling'
import { isFootingError, printable } from '@footing/kernel'
import { type ApplicationPlace, findApplication } from '../application/application.ts'
import { type Command, exit } from '../command/command.ts'
import type { Terminal } from '../command/terminal.ts'

/** `footing info [app]`: versions and what was found here, to paste into an issue. */
export const info: Command = {
  name: 'info',
  summary: 'show versions, platform, and what the application depends on',
  description:
    'Prints what an issue report needs. If there is an application, it is loaded, and each capability that it would open ' +
    'is listed with its driver, the variable that chose it and its guarantees; settings that are missing or wrong are named. ' +
    'Nothing is opened or sent anywhere, and no secret value is shown. The profile is the one that footing start uses ' +
    'when NODE_ENV or FOOTING_PROFILE says production, else development.',
  arguments: [{ name: 'app', summary: 'folder of the application; this folder when left out' }],
  options: [],
  examples: [
    { run: 'footing info', does: 'what to paste into an issue' },
    { run: 'footing info examples/conduit --json', does: 'the same as data, of an application' },
  ],
  docs: 'docs/cli.md',
  run: async ({ args, terminal, cwd, env }) => {
    const { footingVersion } = await import('../command/version.ts')
    const { resolve } = await import('node:path')
    const folder = resolve(cwd, typeof args.app === 'string' ? args.app : '.')
    const place = findApplication(folder)
    const facts = {
      footing: footingVersion(),
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      folder,
      application: place?.entry ?? null,
      ci: env.CI !== undefined && env.CI !== '',
    }
    const described = place === undefined ? undefined : await describe(place, env)
    if (terminal.wantsJson) terminal.json({ ...facts, ...described })
    else {
      for (const [name, value] of Object.entries(facts)) terminal.out(`${name.padEnd(12)} ${value ?? 'none here'}`)
      if (described !== undefined) show(terminal, described)
    }
    return exit.ok
  },
}

/** An application that does not load is told and not thrown: the report is for just that case. */
type Described = DescribedProcess | { readonly unloadable: string }

async function describe(
  place: ApplicationPlace,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Described> {
  const { loadApplication } = await import('../application/load-application.ts')
  const { readEnvFile } = await import('../application/env-file.ts')
  const { describeProcess } = await import('@footing/core/tooling')
  try {
    return await describeProcess(await loadApplication(place), { env: { ...readEnvFile(place.folder), ...env } })
  } catch (error) {
    if (!isFootingError(error)) throw error
    return { unloadable: error.message }
  }
}

function show(terminal: Terminal, described: Described): void {
  if ('unloadable' in described) {
    terminal.out(`\n${printable(described.unloadable)}`)
    return
  }
  terminal.out(`${'profile'.padEnd(12)} ${described.profile}\n`)
  for (const capability of described.capabilities) {
    terminal.out(`${capability.name.padEnd(12)} ${driverOf(capability)}`)
    for (const { what, remedy, refused } of capability.driver?.unsound ?? []) {
      terminal.out(`${' '.repeat(13)}production ${refused ? 'refuses this' : 'warns'}: ${what}. ${remedy}`)
    }
  }
  if (described.faults.length === 0) return
  terminal.out('\nsettings that are missing or wrong:')
  for (const { message } of described.faults) terminal.out(`  ${printable(message)}`)
}

function driverOf({ driver, summary, faulty }: DescribedCapability): string {
  if (faulty.length > 0) return `not known: ${faulty.join(', ')}`
  if (driver === undefined) return summary
  const promises = Object.entries(driver.guarantees).map(([name, value]) =>
    value === true ? name : `${name}: ${value}`,
  )
  const from = driver.from === undefined ? 'by default' : `from ${driver.from}`
  return `${driver.driver}, ${from}${promises.length === 0 ? '' : ` (${promises.join(', ')})`}`
}
