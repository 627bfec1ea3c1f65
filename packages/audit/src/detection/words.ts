// Numbers and lists in the sentences of messages and reports.

/** A number with commas: `2,000`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A number with its noun in the right form: `1 file`, `2,000 files`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listed(items: readonly string[], limit = 3): string {
  if (items.length <= limit)
    return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
  return `${items.slice(0, limit - 1).join(', ')} and ${items.length - limit + 1} more`
}

/** What `<function>` stands in: `Orders.load` of `Orders.load.<function>`; '' at the top of a file. */
export function outerOf(name: string): string {
  return name.replace(/\.?<(?:function|lambda)>.*$/, '')
}

/** A sentence in which a function without a name is called by the one around it. */
export function withoutNameless(sentence: string): string {
  return sentence.replace(/`([^`\s]*<(?:function|lambda)>[^`\s]*)`/g, (_, name: string) => {
    const outer = outerOf(name)
    return outer === '' ? 'a function without a name' : `\`${outer}\``
  })
}
