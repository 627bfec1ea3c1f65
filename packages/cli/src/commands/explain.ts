// What an error code or a rule means and what to do about it, without leaving the terminal.
import { type Command, exit } from '../command/command.ts'

/** `footing explain CODE`, `footing explain RULE`. */
export const explain: Command = {
  name: 'explain',
  summary: 'say what an error code or a rule means and what to do about it',
  arguments: [
    { name: 'code', summary: 'an error code or a rule, for example dev-port-taken; without one, all codes are listed' },
  ],
  options: [],
  examples: [
    { run: 'footing explain dev-port-taken', does: 'one code' },
    { run: 'footing explain boundaries/module-cycle', does: 'the page of a rule of audit and check' },
    { run: 'footing explain', does: 'every code with its first sentence' },
  ],
  docs: 'docs/reference/errors.md',
  run: async ({ args, terminal }) => {
    const { errorCatalogue } = await import('../command/error-catalogue.ts')
    const { cliErrors } = await import('../command/errors.ts')
    const catalogue = await errorCatalogue()
    const wanted = args.code
    if (typeof wanted !== 'string') {
      if (terminal.wantsJson) terminal.json({ errors: catalogue })
      else for (const error of catalogue) terminal.out(`${error.code.padEnd(34)} ${error.what}`)
      return exit.ok
    }
    const found = catalogue.find((error) => error.code === wanted)
    const rule = found === undefined ? await ruleOf(wanted) : undefined
    if (rule !== undefined) {
      if (terminal.wantsJson) terminal.json({ rule })
      else terminal.raw(rule.page)
      return exit.ok
    }
    if (found === undefined) {
      const alike = catalogue.filter((error) => error.code.includes(wanted) || sharesWord(error.code, wanted))
      const near =
        alike.length === 0
          ? 'Nothing is called alike.'
          : `Alike: ${alike
              .slice(0, 4)
              .map((error) => error.code)
              .join(', ')}.`
      throw cliErrors('error-code-unknown', { details: { code: wanted, near } })
    }
    if (terminal.wantsJson) terminal.json(found)
    else {
      terminal.out(terminal.style(found.code, 'bold'))
      terminal.out()
      terminal.out(`  what   ${found.what}`)
      terminal.out(`  why    ${found.why}`)
      terminal.out(`  do     ${found.remedy}`)
      terminal.out()
      terminal.out(
        `  HTTP status ${found.status}, ${found.retryable ? 'trying again may help' : 'trying again does not help'}`,
      )
    }
    return exit.ok
  },
}

/** The rule of that id, or of that name when only one has it. */
async function ruleOf(wanted: string) {
  const { describeRules } = await import('@footing/audit')
  const rules = describeRules()
  const named = rules.filter(({ id }) => id === wanted || id.endsWith(`/${wanted}`))
  return named.length === 1 ? named[0] : undefined
}

function sharesWord(code: string, wanted: string): boolean {
  const words = new Set(code.split('-'))
  return wanted.split('-').some((word) => word.length > 2 && words.has(word))
}
