// The picture of the house: every room on the lowest floor that what it imports allows, measured from the sources.
import { folderOf, packageEntries, readImports, sourceFiles } from './read-imports.ts'

/** Rooms whose parts stand on different floors. */
const divided = ['data', 'records', 'migrations', 'loop', 'servers']
const box = { width: 140, height: 40, gap: 10 }
const perRow = 6
const margin = 24

/** An SVG, the same bytes for the same sources. */
export function renderHouse(root: string): string {
  const files = sourceFiles(root).filter((file) => !file.startsWith('examples/'))
  const stands = new Map<string, Set<string>>()
  for (const file of files) {
    const room = roomOf(file)
    stands.set(room, stands.get(room) ?? new Set())
  }
  for (const { from, to, external } of readImports(root, files, packageEntries(root))) {
    if (!external && roomOf(from) !== roomOf(to)) stands.get(roomOf(from))?.add(roomOf(to))
  }
  const floors = floorsOf(stands)
  const rows = floors.toReversed().flatMap((rooms, index) => {
    const floor = floors.length - 1 - index
    return Array.from({ length: Math.ceil(rooms.length / perRow) }, (_, part) => ({
      floor: part === 0 ? `${floor}` : '',
      rooms: rooms.slice(part * perRow, (part + 1) * perRow),
    }))
  })
  const width = margin * 2 + 24 + perRow * (box.width + box.gap)
  const height = margin * 2 + rows.length * (box.height + box.gap)
  const drawn = rows.flatMap(({ floor, rooms }, row) => {
    const y = margin + row * (box.height + box.gap)
    return [
      `<text x="${margin - 8}" y="${y + 25}" class="floor">${floor}</text>`,
      ...rooms.map((room, column) => draw(room, margin + 24 + column * (box.width + box.gap), y)),
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Folders by floor">`,
    '<style>text{font:12px ui-sans-serif,system-ui,sans-serif;fill:#1f2937}.small{font-size:10px;fill:#6b7280}',
    '.floor{fill:#9ca3af}rect{stroke:#94a3b8;rx:5}.core{fill:#e0f2fe}.audit{fill:#fef3c7}.cli{fill:#ede9fe}.kernel{fill:#dcfce7}</style>',
    `<rect width="${width}" height="${height}" fill="#fff" stroke="none"/>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n')
}

function draw(room: string, x: number, y: number): string {
  const [kind, name] = room.includes(':') ? room.split(':') : [room, room]
  const shown = name === '' ? kind : name
  return [
    `<g>`,
    `<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" class="${kind === 'console' ? 'cli' : kind}"/>`,
    `<text x="${x + 8}" y="${y + 17}">${shown}</text>`,
    `<text x="${x + 8}" y="${y + 32}" class="small">${kind}</text></g>`,
  ].join('')
}

/** `core:data/contract`, `audit:rules`, `cli:`: a room of the library, of the auditor, or a package as a whole. */
function roomOf(file: string): string {
  const [, name = '', , ...rest] = folderOf(file).split('/')
  if (name === 'footing') {
    const [top = 'index', part] = rest
    return `core:${divided.includes(top) && part !== undefined ? `${top}/${part}` : top}`
  }
  return name === 'audit' ? `audit:${rest[0] ?? 'index'}` : `${name}:`
}

/** Rooms by floor: 0 stands on nothing. Rooms that need each other share a floor. */
function floorsOf(stands: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const floor = new Map<string, number>()
  const floorOf = (room: string, below: ReadonlySet<string>): number => {
    const known = floor.get(room)
    if (known !== undefined) return known
    if (below.has(room)) return 0
    const path = new Set([...below, room])
    const height = Math.max(-1, ...[...(stands.get(room) ?? [])].map((other) => floorOf(other, path))) + 1
    floor.set(room, height)
    return height
  }
  const rooms = [...stands.keys()].toSorted()
  for (const room of rooms) floorOf(room, new Set())
  const top = Math.max(...floor.values())
  return Array.from({ length: top + 1 }, (_, height) => rooms.filter((room) => floor.get(room) === height))
}
