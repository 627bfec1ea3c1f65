// Writes src/rules/index.generated.ts from the folders of rules. Run after adding a rule; a test fails when it is stale.
//   node --conditions=@footing/source packages/audit/scripts/index-rules.ts [--check]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const rules = new URL('../src/rules/', import.meta.url)
const target = new URL('index.generated.ts', rules)
const text = indexText()

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write('rules/index.generated.ts is stale: run packages/audit/scripts/index-rules.ts\n')
    process.exitCode = 1
  }
} else writeFileSync(target, text)

function indexText(): string {
  const found = readdirSync(rules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((folder) =>
      readdirSync(new URL(`${folder.name}/`, rules))
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => `${folder.name}/${file.slice(0, -3)}`)
        .filter((id) => /^export const rule: Rule/m.test(readFileSync(new URL(`${id}.ts`, rules), 'utf8'))),
    )
    .sort()
  const name = (id: string) => id.replace(/[/-]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const imports = found.map((id) => `import { rule as ${name(id)} } from './${id}.ts'`).join('\n')
  return `// Written by scripts/index-rules.ts from the folders of rules; not by hand.
${imports}
import type { Rule } from '../rule/rule.ts'

/** Every rule of the catalogue, by id. */
export const rules: readonly Rule[] = [
${found.map((id) => `  ${name(id)},`).join('\n')}
]
`
}
