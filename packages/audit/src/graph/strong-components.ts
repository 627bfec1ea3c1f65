// Strongly connected components of a graph in compressed rows, by Tarjan's algorithm without recursion.

/** A graph in compressed rows: targets of node `n` are `targets[start[n]]` to `targets[start[n + 1] - 1]`. */
export interface RowGraph {
  readonly start: Int32Array
  readonly targets: Int32Array
}

/**
 * Components with two nodes or more, each sorted by node number, in the order in which Tarjan closes them.
 * Linear in nodes and arrows; the depth of the graph costs heap, not call stack.
 */
export function strongComponents(graph: RowGraph): number[][] {
  const count = graph.start.length - 1
  const order = new Int32Array(count).fill(-1)
  const low = new Int32Array(count)
  const onStack = new Uint8Array(count)
  const nextArrow = graph.start.slice(0, count)
  const stack: number[] = []
  const path: number[] = []
  const components: number[][] = []
  let clock = 0
  for (let root = 0; root < count; root++) {
    if (order[root]! >= 0) continue
    path.push(root)
    while (path.length > 0) {
      const node = path[path.length - 1]!
      if (order[node] === -1) {
        order[node] = low[node] = clock++
        stack.push(node)
        onStack[node] = 1
      }
      let descended = false
      while (nextArrow[node]! < graph.start[node + 1]!) {
        const target = graph.targets[nextArrow[node]!]!
        nextArrow[node] = nextArrow[node]! + 1
        if (order[target] === -1) {
          path.push(target)
          descended = true
          break
        }
        if (onStack[target] === 1) low[node] = Math.min(low[node]!, order[target]!)
      }
      if (descended) continue
      path.pop()
      const parent = path[path.length - 1]
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!)
      if (low[node] !== order[node]) continue
      const members: number[] = []
      for (let member = -1; member !== node; ) {
        member = stack.pop()!
        onStack[member] = 0
        members.push(member)
      }
      if (members.length > 1) components.push(members.sort((a, b) => a - b))
    }
  }
  return components
}
