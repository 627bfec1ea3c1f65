// A rule of the auditor, in a clone of Footing: the rule and the page that is its test.
import type { GeneratedKind } from './first-version.ts'

export const ruleKind: GeneratedKind = {
  name: 'rule',
  summary: 'a rule of the auditor with its page, on trial',
  ofFooting: true,
  takesDecision: true,
  make: ({ kebab }, decision) => ({
    files: [
      {
        path: `packages/audit/src/rules/${decision}/${kebab}.ts`,
        text: `// ${decision}/${kebab}: says in one line what it finds.
import type { Rule } from '../../rule/rule.ts'

export const rule: Rule = {
  id: '${decision}/${kebab}',
  decision: '${decision}',
  severity: 'low',
  effort: { minutes: 10, per: 'site' },
  trial: true,
  summary: 'A module has a name that says nothing.',
  judges: {
    python({ program }) {
      const found = program.modules.filter(({ path }) => path.endsWith('stuff.py'))
      return {
        detections: found.map(({ path }) => ({
          place: { path, line: 1 },
          subject: '<module>',
          evidence: 'stuff',
          message: {
            what: 'This module is called stuff.',
            why: 'Nobody can tell what goes in, so everything ends there.',
            do: 'Name it after the one thing that it is about.',
          },
          confidence: 'probable' as const,
        })),
        examined: { count: program.modules.length, of: 'modules' },
      }
    },
  },
}
`,
      },
      {
        path: `packages/audit/src/rules/${decision}/${kebab}.md`,
        text: `# ${decision}/${kebab}

A module has a name that says nothing.

## What it finds

Modules called \`stuff.py\`.

## Why it matters

Nobody can tell what goes in, so everything ends there.

## Remedy

Name the module after the one thing that it is about.

## When to allow it

Never; replace this rule by yours.

## Limitations

It knows one name.

## Examples

### Flagged: a module called stuff

\`\`\`python file=app/stuff.py
VALUE = 1  # finding: probable
\`\`\`

### Clean: a module with a name

\`\`\`python file=app/prices.py
VALUE = 1
\`\`\`
`,
      },
    ],
    next: [
      'node packages/audit/scripts/index-rules.ts',
      'npm run generate',
      `npx vitest run packages/audit/src/rules/pages.test.ts -t ${decision}/${kebab}`,
    ],
  }),
}
