// A command of `footing`, in a clone of Footing: one file and one line.
import type { GeneratedKind } from './first-version.ts'

export const commandKind: GeneratedKind = {
  name: 'command',
  summary: 'a command of footing',
  ofFooting: true,
  make: ({ kebab, camel }) => ({
    files: [
      {
        path: `packages/cli/src/commands/${kebab}.ts`,
        text: `// Says in one line what for.
import { type Command, exit } from '../command/command.ts'

/** \`footing ${kebab}\`. */
export const ${camel}: Command = {
  name: '${kebab}',
  summary: 'says hello',
  options: [],
  examples: [{ run: 'footing ${kebab}', does: 'says hello' }],
  docs: 'docs/cli.md',
  run: async ({ terminal }) => {
    if (terminal.wantsJson) terminal.json({ hello: 'world' })
    else terminal.out('hello')
    return exit.ok
  },
}
`,
      },
    ],
    lines: [
      {
        path: 'packages/cli/src/commands.ts',
        before: '/** The commands of `footing`. */',
        line: `import { ${camel} } from './commands/${kebab}.ts'\n`,
      },
      { path: 'packages/cli/src/commands.ts', before: '  explain,', line: `  ${camel},` },
    ],
    next: ['npx vitest run packages/cli/src/parse.test.ts', `Write about it in docs/cli.md.`],
  }),
}
