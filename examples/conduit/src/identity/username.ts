// What a name may be: the profile UsernameCasePreserved of PRECIS (RFC 8265), by the Unicode tables of the runtime, in one
// script. Two names that only differ in case are one: the database compares them so.

/** The form in which a name is stored and looked up: full-width letters become ordinary ones, accents join their letters. */
export function canonicalUsername(name: string): string {
  return name.replace(/[\u3000\uff01-\uffee]/g, (letter) => letter.normalize('NFKC')).normalize('NFC')
}

/** What is wrong with a name in that form, as the rest of a sentence; undefined when nothing is. */
export function usernameFault(name: string): string | undefined {
  if (/^\.{1,2}$/.test(name)) return 'must not be a step in an address'
  // It stands between slashes, and a question mark or a number sign would end it there.
  if (/[/?#\\]/.test(name)) return 'must not contain / \\ ? or #'
  if (!/^[\x21-\x7e\p{L}\p{Mn}\p{Mc}\p{Nd}]+$/u.test(name))
    return 'must consist of letters, digits and punctuation without blanks'
  if (/\p{Default_Ignorable_Code_Point}/u.test(name)) return 'must not contain what cannot be seen'
  // Letters that are another way to write others, such as a mathematical bold A.
  if ([...name].some((letter) => letter.normalize('NFKC') !== letter)) return 'must not contain letters in disguise'
  if (/^\p{M}/u.test(name)) return 'must not begin with an accent'
  if (!isOfOneScript(name)) return 'must not mix scripts'
  return undefined
}

/** Scripts that people write together, after Unicode's recommendation (UTS 39, "highly restrictive" without Latin). */
const together = [
  /^[\p{sc=Latin}\p{sc=Common}\p{sc=Inherited}]*$/u,
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Common}\p{sc=Inherited}]*$/u,
  /^[\p{sc=Han}\p{sc=Hangul}\p{sc=Common}\p{sc=Inherited}]*$/u,
  /^[\p{sc=Han}\p{sc=Bopomofo}\p{sc=Common}\p{sc=Inherited}]*$/u,
]

/** A Cyrillic а in a Latin name is not seen, and neither is the turn of the direction that a Hebrew letter brings. */
function isOfOneScript(name: string): boolean {
  if (together.some((script) => script.test(name))) return true
  const [first] = name.match(/\p{L}/u) ?? []
  const own = scripts.find((script) => first !== undefined && script.letter.test(first))
  return own?.all.test(name) === true
}

const scripts = [
  'Arabic',
  'Armenian',
  'Bengali',
  'Cyrillic',
  'Devanagari',
  'Ethiopic',
  'Georgian',
  'Greek',
  'Gujarati',
  'Gurmukhi',
  'Hebrew',
  'Kannada',
  'Khmer',
  'Lao',
  'Malayalam',
  'Mongolian',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Thai',
  'Tibetan',
].map((name) => ({
  letter: new RegExp(`^\\p{sc=${name}}$`, 'u'),
  all: new RegExp(`^[\\p{sc=${name}}\\p{sc=Common}\\p{sc=Inherited}]+$`, 'u'),
}))
