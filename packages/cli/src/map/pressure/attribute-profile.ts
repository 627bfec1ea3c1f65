// Gives the samples of a CPU profile to modules: the innermost frame whose file lies in a module's folder decides.

/** What of V8's CPU profile is read. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string }
    readonly children?: readonly number[]
  }[]
  readonly samples?: readonly number[]
  readonly timeDeltas?: readonly number[]
}

/** Seconds of the event loop's thread. What runs without a module's code on the stack is in `busy` only. */
export interface LoopTime {
  readonly modules: ReadonlyMap<string, number>
  readonly busy: number
  readonly idle: number
}

/** `folders` are absolute paths of modules with forward slashes, by name. */
export function attributeProfile(profile: CpuProfile, folders: ReadonlyMap<string, string>): LoopTime {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
  const moduleOf = new Map<number, string | undefined>()
  const idle = new Set<number>()
  // Depth first with a list of our own: a stack of a profile may be deeper than ours.
  const open = profile.nodes.slice(0, 1).map(({ id }) => ({ id, above: undefined as string | undefined }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = nodes.get(next.id)
    if (node === undefined || moduleOf.has(next.id)) continue
    const module = moduleAt(node.callFrame.url, folders) ?? next.above
    moduleOf.set(next.id, module)
    if (node.callFrame.functionName === '(idle)') idle.add(next.id)
    for (const id of node.children ?? []) open.push({ id, above: module })
  }
  const modules = new Map<string, number>()
  const time = { busy: 0, idle: 0 }
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const seconds = Math.max(0, profile.timeDeltas?.[index] ?? 0) / 1e6
    time[idle.has(id) ? 'idle' : 'busy'] += seconds
    const module = moduleOf.get(id)
    if (module !== undefined) modules.set(module, (modules.get(module) ?? 0) + seconds)
  }
  return { modules, ...time }
}

function moduleAt(url: string, folders: ReadonlyMap<string, string>): string | undefined {
  if (!url.startsWith('file://') && !url.startsWith('/')) return undefined
  const path = decodeURI(url.replace(/^file:\/\//, ''))
  // A build keeps the folders below src and puts them below dist.
  return owner(path, folders) ?? owner(path.replace(/\/(?:dist|build|out)\//, '/src/'), folders)
}

function owner(path: string, folders: ReadonlyMap<string, string>): string | undefined {
  let best: string | undefined
  let longest = 0
  for (const [module, folder] of folders) {
    if (folder.length > longest && path.startsWith(`${folder}/`)) {
      best = module
      longest = folder.length
    }
  }
  return best
}
