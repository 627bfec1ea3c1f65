// Draws the map in the format that was asked for, with pressure when asked.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import type { CommandContext } from '../command/command.ts'
import { cliErrors } from '../command/errors.ts'
import { wholeNumber } from './model/whole-number.ts'
import type { ReadMap } from './read-map.ts'

/** Writes to stdout or to `--output`. */
export async function showMap(read: ReadMap, context: CommandContext): Promise<void> {
  const { options, terminal, cwd } = context
  const { map } = read
  const measured = options.pressure === true ? await measurePressure(read, context) : undefined
  if (terminal.wantsJson) {
    const { arrange } = await import('./arrange.ts')
    terminal.json({
      map: { ...map, cycles: arrange(map).cycles },
      ...(measured === undefined ? {} : { pressure: measured.pressure }),
    })
    return
  }
  const text = await draw(read, context, measured)
  if (typeof options.output !== 'string' || options.output === '-') {
    terminal.raw(text)
    return
  }
  const file = resolve(cwd, options.output)
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  } catch (cause) {
    throw cliErrors('map-file-unwritable', { details: { file: relative(cwd, file) }, cause })
  }
  terminal.note(`${String(options.format)}: ${relative(cwd, file) || file}`)
}

type Measured = Awaited<ReturnType<typeof measurePressure>>

async function measurePressure({ map, repository }: ReadMap, context: CommandContext) {
  const { measureLoad } = await import('./pressure/measure-load.ts')
  const { readChanges } = await import('./pressure/changes.ts')
  const { judgePressure } = await import('./pressure/judge-pressure.ts')
  const folders = new Map(
    map.modules.flatMap(({ name, folder }) => (folder === undefined ? [] : [[name, folder] as const])),
  )
  const days = wholeNumber(context.options.days, 'days')
  const absolute = new Map([...folders].map(([name, path]) => [name, join(repository, path).replaceAll('\\', '/')]))
  const [load, changes] = await Promise.all([
    measureLoad(context, absolute),
    readChanges(repository, folders, days, context.signal),
  ])
  return { load, changes, pressure: judgePressure(map, load, changes) }
}

async function draw(
  { map }: ReadMap,
  { options, terminal }: CommandContext,
  measured: Measured | undefined,
): Promise<string> {
  switch (options.format) {
    case 'mermaid':
      return (await import('./mermaid.ts')).mermaid(map)
    case 'codeowners':
      return `${(await import('./codeowners.ts')).codeowners(map)}\n`
    case 'matrix':
      return (await import('./draw-matrix.ts')).drawMatrix(map)
    case 'svg':
    case 'html': {
      const { layOut } = await import('./layout.ts')
      const placed = await layOut(map)
      if (options.format === 'html') return (await import('./map-page.ts')).mapPage(map, placed, measured?.pressure)
      if (placed === undefined) terminal.note('too many modules or arrows for boxes and lines; this is the matrix')
      return placed === undefined
        ? (await import('./draw-matrix.ts')).drawMatrix(map)
        : (await import('./draw-map.ts')).drawMap(map, placed)
    }
    default: {
      const { mapText } = await import('./map-text.ts')
      const { pressureText } = await import('./pressure/pressure-text.ts')
      const pressure = measured && ['', ...pressureText(measured.pressure, measured.load, measured.changes, terminal)]
      return `${[...mapText(map, terminal), ...(pressure ?? [])].join('\n')}\n`
    }
  }
}
