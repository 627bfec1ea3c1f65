// What an issue report needs: versions, platform, and what this folder looks like to Footing.
import { type Command, exit } from '../command.ts'

/** `footing info`: versions and what was found here, to paste into an issue. */
export const info: Command = {
  name: 'info',
  summary: 'versions, platform and what Footing sees in this folder',
  description:
    'Prints what an issue report needs. Nothing is sent anywhere, and no value of an environment variable is shown.',
  options: [],
  examples: [
    { run: 'footing info', does: 'what to paste into an issue' },
    { run: 'footing info --json', does: 'the same as data' },
  ],
  docs: 'docs/cli.md',
  run: async ({ terminal, cwd, env }) => {
    const { footingVersion } = await import('../version.ts')
    const { findApplication } = await import('../application.ts')
    const application = findApplication(cwd)
    const facts = {
      footing: footingVersion(),
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      folder: cwd,
      application: application?.entry ?? null,
      database: env.DATABASE_URL === undefined ? 'embedded PostgreSQL' : 'DATABASE_URL',
      ci: env.CI !== undefined && env.CI !== '',
    }
    if (terminal.wantsJson) terminal.json(facts)
    else for (const [name, value] of Object.entries(facts)) terminal.out(`${name.padEnd(12)} ${value ?? 'none here'}`)
    return exit.ok
  },
}
