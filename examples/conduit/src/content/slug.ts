// The part of an article's address that follows its title.
import { randomInt } from 'node:crypto'

/** Longest slug without its suffix, in characters: addresses stay readable and far below any limit on URLs. */
export const longestSlug = 80

/** Words that are routes of their own under `/articles/`. */
const reserved = new Set(['feed'])

/**
 * Turns a title into an address: lower case, letters and digits of any script, single hyphens between words.
 * Pure, never empty, and a fixed point: `slugify(slugify(x)) === slugify(x)`.
 */
export function slugify(title: string): string {
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
  const slug = trimHyphens([...trimHyphens(words)].slice(0, longestSlug).join(''))
  return slug === '' ? 'article' : slug
}

/**
 * Names to try one after the other for an article of this title, without end: the plain slug first, then with a
 * random suffix. Random and not counted: a thousand writers of one title each find a free name at once.
 */
export function* slugCandidates(title: string, random: (below: number) => number = randomInt): Generator<string> {
  const slug = slugify(title)
  if (!reserved.has(slug)) yield slug
  for (;;)
    yield `${slug}-${random(36 ** 6)
      .toString(36)
      .padStart(6, '0')}`
}

function trimHyphens(text: string): string {
  return text.replace(/^-+|-+$/g, '')
}
