// Builds elements. Text only ever becomes a text node: nothing that an application reports can become markup.

type Child = Node | string | undefined

/** An element with attributes and children; attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Child[]
): HTMLElement {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value)
  for (const child of children) if (child !== undefined) made.append(child)
  return made
}

/** A table; a cell may be given as text or as a ready `td`. */
export function table(
  headings: readonly { readonly text: string; readonly class?: string }[],
  rows: readonly (readonly (HTMLElement | string)[])[],
): HTMLElement {
  const head = headings.map((heading) => element('th', { scope: 'col', class: heading.class }, heading.text))
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      ...row.map((cell, column) =>
        typeof cell === 'string' ? element('td', { class: headings[column]?.class }, cell) : cell,
      ),
    ),
  )
  return element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body))
}

/** Two bars in one: p50 solid, the way to p99 faint, on a scale that all rows share. */
export function latencyBar(p50: number, p99: number, most: number): HTMLElement {
  const space = 'http://www.w3.org/2000/svg'
  const picture = document.createElementNS(space, 'svg')
  picture.setAttribute('viewBox', '0 0 100 8')
  picture.setAttribute('preserveAspectRatio', 'none')
  picture.setAttribute('aria-hidden', 'true')
  for (const [value, kind] of [
    [p99, 'tail'],
    [p50, 'body'],
  ] as const) {
    const bar = document.createElementNS(space, 'rect')
    bar.setAttribute('class', kind)
    bar.setAttribute('height', '8')
    bar.setAttribute('width', String(Math.max(0.8, (100 * Math.sqrt(value)) / Math.sqrt(Math.max(most, 0.001)))))
    picture.append(bar)
  }
  return element('td', { class: 'bar' }, picture)
}

/** What a section shows before there is anything: how to get data. */
export function empty(text: string): HTMLElement {
  return element('p', { class: 'empty' }, text)
}

/** Milliseconds with as many digits as they deserve. */
export function milliseconds(value: number): string {
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
