// Draws terminal output with colours (stdin) as an SVG (stdout), for the README:
//   FORCE_COLOR=1 npm start --silent | node scripts/terminal-picture.ts > docs/pictures/dev.svg
import { fileURLToPath } from 'node:url'

const cell = { width: 8.4, height: 19 }
const paint: Readonly<Record<string, string>> = {
  '1': 'b',
  '2': 'd',
  '4': 'u',
  '31': 'r',
  '32': 'g',
  '33': 'y',
  '34': 'c',
  '36': 'c',
}
const endings: Readonly<Record<string, readonly string[]>> = {
  '22': ['b', 'd'],
  '24': ['u'],
  '39': ['r', 'g', 'y', 'c'],
}

/** The picture of some lines; style codes become classes, other control characters are dropped. */
export function renderPicture(lines: readonly string[]): string {
  const plain = (line: string): string => line.replaceAll(escapeCode, '')
  const width = Math.ceil(Math.max(...lines.map((line) => [...plain(line)].length)) * cell.width + 36)
  const height = lines.length * cell.height + 52
  const rows = lines.map((line, index) => `<text x="18" y="${47 + index * cell.height}">${renderLine(line)}</text>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    '<style>text{font:14px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#d7dedb;white-space:pre}',
    '.b{font-weight:700;fill:#fff}.d{fill:#8b9691}.u{text-decoration:underline}.r{fill:#ff8a80}.g{fill:#4cc38a}.y{fill:#f0b429}.c{fill:#6cb6ff}</style>',
    `<rect width="${width}" height="${height}" rx="8" fill="#14171a"/>`,
    '<circle cx="20" cy="17" r="5" fill="#3a4147"/><circle cx="37" cy="17" r="5" fill="#3a4147"/><circle cx="54" cy="17" r="5" fill="#3a4147"/>',
    ...rows,
    '</svg>',
    '',
  ].join('\n')
}

const escapeCode = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`, 'g')

// Every run of text is placed by its column, so that the picture does not depend on the font that shows it.
function renderLine(line: string): string {
  const on = new Set<string>()
  let column = 0
  const spans: string[] = []
  const add = (text: string): void => {
    if (text === '') return
    const count = [...text].length
    const classes = on.size === 0 ? '' : ` class="${[...on].join(' ')}"`
    const x = (18 + column * cell.width).toFixed(1)
    spans.push(`<tspan x="${x}" textLength="${(count * cell.width).toFixed(1)}"${classes}>${escapeXml(text)}</tspan>`)
    column += count
  }
  let from = 0
  for (const match of line.matchAll(escapeCode)) {
    add(line.slice(from, match.index))
    from = match.index + match[0].length
    for (const code of (match[1] ?? '').split(';')) {
      for (const ended of endings[code] ?? []) on.delete(ended)
      const begun = paint[code]
      if (begun !== undefined) on.add(begun)
    }
  }
  add(line.slice(from))
  return spans.join('')
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let input = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) input += String(chunk)
  process.stdout.write(renderPicture(input.replace(/\n+$/, '').split('\n')))
}
