// What an error code means and what to do about it, without leaving the terminal.
import { type Command, exit } from '../command.ts'

/** `footing explain CODE`. */
export const explain: Command = {
  name: 'explain',
  summary: 'what an error code means and what to do about it',
  arguments: [{ name: 'code', summary: 'the code, for example dev-port-taken; without one, all codes are listed' }],
  options: [],
  examples: [
    { run: 'footing explain dev-port-taken', does: 'one code' },
    { run: 'footing explain', does: 'every code with its first sentence' },
  ],
  docs: 'docs/reference/errors.md',
  run: async ({ args, terminal }) => {
    const { errorCatalogue } = await import('../error-catalogue.ts')
    const { cliErrors } = await import('../errors.ts')
    const catalogue = await errorCatalogue()
    const wanted = args.code
    if (typeof wanted !== 'string') {
      if (terminal.wantsJson) terminal.json({ errors: catalogue })
      else for (const error of catalogue) terminal.out(`${error.code.padEnd(34)} ${error.what}`)
      return exit.ok
    }
    const found = catalogue.find((error) => error.code === wanted)
    if (found === undefined && wanted.includes('/')) {
      throw cliErrors('error-code-unknown', {
        details: { code: wanted, near: `For a rule of the audit: footing audit --explain ${wanted}` },
      })
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

function sharesWord(code: string, wanted: string): boolean {
  const words = new Set(code.split('-'))
  return wanted.split('-').some((word) => word.length > 2 && words.has(word))
}
