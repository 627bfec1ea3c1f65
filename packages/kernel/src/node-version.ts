// Imported first by every package: on a Node that is too old it says so in one sentence, before something else fails without one.

/** The oldest Node that works, in words. */
const oldest = '22.18'

/**
 * Refuses an old Node.
 * @throws Error with what is needed and how to get it
 */
export function refuseOldNode(version: string | undefined): void {
  if (version === undefined) return // Not Node: whoever runs this elsewhere knows what they do.
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return
  throw new Error(
    `Footing needs Node ${oldest} or newer; this is Node ${version}. Install Node 24 from nodejs.org, or bring it with this project: npm install --save-dev node@24`,
  )
}

// Read without an import of Node, which the kernel has none of.
const { process } = globalThis as { readonly process?: { readonly versions?: { readonly node?: string } } }
refuseOldNode(process?.versions?.node)
