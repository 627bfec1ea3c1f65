import { expect, test } from 'vitest'
import { printable } from './printable.ts'

test.each([
  ['escape codes', 'a\u001b[2Jb', 'a\\u{1b}[2Jb'],
  ['codes of one byte', 'a\u009b1A', 'a\\u{9b}1A'],
  ['line breaks of every kind', 'a\r\nb\u0085c\u2028d\u2029e', 'a\\u{d}\\u{a}b\\u{85}c\\u{2028}d\\u{2029}e'],
  ['marks that reorder', 'a\u202eb\u2066c\u200fd\u061ce', 'a\\u{202e}b\\u{2066}c\\u{200f}d\\u{61c}e'],
])('%s are shown and do nothing', (_what, text, shown) => {
  expect(printable(text)).toBe(shown)
})

test('everything else stays, a tab is two blanks', () => {
  expect(printable('Größe 漢字 🙂\tx')).toBe('Größe 漢字 🙂  x')
})
