// A page of the documentation, in a clone of Footing: every block on it is run, checked, or says why not.
import type { GeneratedKind } from './first-version.ts'

export const pageKind: GeneratedKind = {
  name: 'page',
  summary: 'a page of the documentation with an example that is run',
  ofFooting: true,
  make: ({ kebab, pascal }) => ({
    files: [
      {
        path: `docs/${kebab}.md`,
        text: `# ${pascal}

One sentence: what a reader gets from this page.

\`\`\`ts run
import assert from 'node:assert/strict'
import { defineModule } from '@footing/core'

assert.equal(defineModule('billing', { owner: '@acme/payments' }).name, 'billing')
\`\`\`
`,
      },
    ],
    lines: [
      {
        path: 'docs/README.md',
        before: '| [The eight decisions]',
        line: `| [${pascal}](${kebab}.md) | what a reader gets from this page |`,
      },
    ],
    next: ['npm run examples'],
  }),
}
