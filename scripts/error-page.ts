// Writes the reference page of all coded errors from their tables.
import { errorCatalogue } from '../packages/cli/src/command/error-catalogue.ts'

/** The text of docs/reference/errors.md. */
export async function renderErrorPage(): Promise<string> {
  const errors = await errorCatalogue()
  const areas = [...new Set(errors.map((error) => error.area))].toSorted()
  const body = areas.flatMap((area) => [
    `## ${area}`,
    '',
    ...errors
      .filter((error) => error.area === area)
      .flatMap((error) => [
        `### ${error.code}`,
        '',
        `HTTP status ${error.status}, ${error.retryable ? 'trying again may help' : 'trying again does not help'}.`,
        '',
        `- What: ${escapeMarkdown(error.what)}`,
        `- Why: ${escapeMarkdown(error.why)}`,
        `- Do: ${escapeMarkdown(error.remedy)}`,
        '',
      ]),
  ])
  return [
    '<!-- Generated from the error tables by: npm run generate -->',
    '# Errors',
    '',
    'Every error that Footing raises has a code that never changes its meaning. A word in braces stands for a detail of',
    'the single case. In the terminal: `footing explain <code>`.',
    '',
    ...body,
  ].join('\n')
}

function escapeMarkdown(text: string): string {
  return text.replace(/[<>*_]/g, (character) => `\\${character}`)
}
