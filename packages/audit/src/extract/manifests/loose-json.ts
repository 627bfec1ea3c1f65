// JSON as tsconfig files have it: with comments, trailing commas and a mark of byte order.

/** Parses it. @throws SyntaxError for what is no JSON even so */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return JSON.parse(withoutTrailingCommas(withoutComments(text.replace(/^\ufeff/, ''))))
  }
}

/** A string, or what is to be removed: one pass, so that `//` in a string stays. */
function withoutComments(text: string): string {
  return text.replace(
    /("(?:[^"\\\n]|\\.)*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, string: string | undefined) => string ?? ' ',
  )
}

function withoutTrailingCommas(text: string): string {
  return text.replace(/("(?:[^"\\\n]|\\.)*")|,(?=\s*[\]}])/g, (_, string: string | undefined) => string ?? '')
}
