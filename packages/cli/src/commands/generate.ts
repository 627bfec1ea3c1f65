// First versions that work: a module, a capability, a driver; in a clone of Footing a rule, a command, a page.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decisions } from '@footing/kernel'
import { type Command, exit } from '../command/command.ts'
import { capabilityKind } from '../generate/capability-kind.ts'
import { commandKind } from '../generate/command-kind.ts'
import { driverKind } from '../generate/driver-kind.ts'
import { spellingOf } from '../generate/first-version.ts'
import { moduleKind } from '../generate/module-kind.ts'
import { pageKind } from '../generate/page-kind.ts'
import { ruleKind } from '../generate/rule-kind.ts'

const kinds = [moduleKind, capabilityKind, driverKind, ruleKind, commandKind, pageKind]

/** `footing generate KIND NAME`. */
export const generate: Command = {
  name: 'generate',
  summary: 'write the first version of a module, capability, driver, rule, command or page',
  description: `The tests of what it writes pass at once. It never replaces an existing file. ${kinds
    .map(({ name, summary, ofFooting }) => `${name}: ${summary}${ofFooting ? ' (in a clone of Footing)' : ''}`)
    .join('; ')}.`,
  arguments: [
    { name: 'kind', summary: kinds.map(({ name }) => name).join(', '), required: true },
    { name: 'name', summary: 'small letters, digits and -; for a rule decision/name', required: true },
  ],
  options: [],
  examples: [
    { run: 'footing generate module invoices', does: 'src/invoices with a table, a route and a test' },
    { run: 'footing generate capability rates', does: 'something of your own that modules stand on' },
    { run: 'footing generate rule state/clock-in-request', does: 'a rule and its page, in a clone of Footing' },
  ],
  docs: 'docs/cli.md',
  run: async ({ args, cwd, terminal }) => {
    const { cliErrors } = await import('../command/errors.ts')
    const { writeFirstVersion } = await import('../generate/write-first-version.ts')
    const kind = kinds.find(({ name }) => name === args.kind)
    if (kind === undefined) {
      const details = { kind: String(args.kind), known: kinds.map(({ name }) => name).join(', ') }
      throw cliErrors('generate-kind-unknown', { details })
    }
    const [first = '', second] = String(args.name).split('/')
    const [decision, word] = kind.takesDecision ? [first, second ?? ''] : ['', String(args.name)]
    const known = decisions.some(({ id }) => id === decision)
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(word) || word.length > 40 || (kind.takesDecision && !known)) {
      const form = kind.takesDecision
        ? `decision/name with one of ${decisions.map(({ id }) => id).join(', ')}`
        : 'small letters, digits and -, at most 40, a letter first'
      throw cliErrors('generate-name-invalid', { details: { name: JSON.stringify(args.name), form } })
    }
    if (kind.ofFooting && !existsSync(join(cwd, 'packages/audit/src/rules'))) {
      throw cliErrors('generate-not-footing', { details: { kind: kind.name, folder: cwd } })
    }
    const version = kind.make(spellingOf(word), decision)
    const written = writeFirstVersion(cwd, version)
    if (terminal.wantsJson) {
      terminal.json({ written, next: version.next })
      return exit.ok
    }
    for (const path of written) terminal.out(`wrote ${path}`)
    terminal.out()
    terminal.out('next')
    for (const step of version.next) terminal.out(`  ${step}`)
    return exit.ok
  },
}
