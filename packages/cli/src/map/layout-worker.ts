// The thread that lays out a map: a dense graph can take the layout minutes, and a thread can be stopped.
import { parentPort, workerData } from 'node:worker_threads'
import { Graph, layout } from '@dagrejs/dagre'
import type { LayoutTask, PlacedMap } from './layout.ts'

const { nodes, arrows } = workerData as LayoutTask
const graph = new Graph()
graph.setGraph({ rankdir: 'TB', nodesep: 36, ranksep: 64, marginx: 16, marginy: 16 })
graph.setDefaultEdgeLabel(() => ({}))
for (const { name, width, height } of nodes) graph.setNode(name, { width, height })
for (const { from, to } of arrows) graph.setEdge(from, to)
layout(graph)
const size = graph.graph()
const placed: PlacedMap = {
  width: size.width ?? 0,
  height: size.height ?? 0,
  nodes: nodes.map(({ name }) => {
    const { x, y, width, height } = graph.node(name)
    return { name, x: (x ?? 0) - width / 2, y: (y ?? 0) - height / 2, width, height }
  }),
  arrows: arrows.map(({ from, to }) => ({ from, to, points: graph.edge(from, to).points ?? [] })),
}
parentPort?.postMessage(placed)
