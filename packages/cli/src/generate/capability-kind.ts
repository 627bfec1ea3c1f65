// A capability of an application: settings, the shape, what manifests say of it, and the cases that it has to pass.
import type { GeneratedKind } from './first-version.ts'

export const capabilityKind: GeneratedKind = {
  name: 'capability',
  summary: 'something that modules stand on, with the cases that every capability passes',
  ofFooting: false,
  make: ({ kebab, camel, pascal }) => ({
    files: [
      {
        path: `src/${kebab}/capability.ts`,
        text: `// ${pascal} as a capability: \`uses: [${camel}()]\` in a manifest gives \`kit.${camel}\`.
import { setting } from '@footing/core'
import { defineCapability, type Use, use } from '@footing/core/capability'
import { z } from 'zod'

/** What a module gets. */
export interface ${pascal} {
  /** Says hello, with the greeting of the settings. */
  greet(name: string): string
}

const settings = {
  ${kebab.toUpperCase().replaceAll('-', '_')}_GREETING: setting({
    schema: z.string().min(1).max(100),
    default: 'Hello',
    summary: 'first word of a greeting',
  }),
}

export const ${camel}Capability = defineCapability<typeof settings, ${pascal}>({
  name: '${camel}',
  summary: 'greetings', // what it is for
  settings,
  guarantees: [], // every promise that a driver of it can make
  driver: () => ({ driver: 'in-process', from: undefined, guarantees: {} }),
  open: (values) => ({ greet: (name) => \`\${values.${kebab.toUpperCase().replaceAll('-', '_')}_GREETING}, \${name}\` }),
  kit: (open) => ({ ${camel}: open }),
  health: () => 'ok',
})

/** Declares its use in a manifest. */
export function ${camel}(): Use<'${camel}', ${pascal}> {
  return use('${camel}', undefined)
}
`,
      },
      {
        path: `src/${kebab}/capability.test.ts`,
        text: `// ${pascal} passes the cases of every capability, in an application of its own for each.
import { test } from 'node:test'
import { createApp, defineModule, implement } from '@footing/core'
import { capabilityConformance } from '@footing/core/capability'
import { ${camel}, ${camel}Capability } from './capability.ts'

function app(guarantees: readonly string[] = []) {
  const user = defineModule('user', { owner: '@your-team', uses: [${camel}()], guarantees: { ${camel}: guarantees } })
  const module = implement(user, (kit) => ({ start: async () => void kit.${camel}.greet('world') }))
  return createApp({ name: '${kebab}', modules: [module], capabilities: [${camel}Capability] })
}

for (const one of capabilityConformance) {
  test(one.name, () =>
    one.run({
      name: '${camel}',
      env: {},
      start: (env, guarantees) => app(guarantees).start({ env, role: 'worker', profile: 'test' }),
      wrong: { name: '${kebab.toUpperCase().replaceAll('-', '_')}_GREETING', value: 'x'.repeat(101) },
    }),
  )
}
`,
      },
    ],
    next: [
      `Give ${camel}Capability to createApp({ capabilities: [${camel}Capability] }).`,
      `node --test src/${kebab}/capability.test.ts`,
    ],
  }),
}
