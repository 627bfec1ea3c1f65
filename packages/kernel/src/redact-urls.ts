// Takes what is secret out of the URLs in a text, before the text reaches a message, a log or another process.

const secretParameters =
  /([?&;](?:[\w.-]{0,40}(?:password|passwd|pwd|passphrase|secret|token|signature|credential)|sig|api[-_]?key|access[-_]?key|key)=)[^&;]+/gi

/** `postgres://me:secret@host/db?sslpassword=x` → `postgres://…@host/db?sslpassword=…`. A text without a URL stays as it is. */
export function redactUrls(text: string): string {
  let result = ''
  let done = 0
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', done)) {
    const end = endOfUrl(text, at)
    result += text.slice(done, at + 3) + withoutSecrets(text.slice(at + 3, end))
    done = end
  }
  return done === 0 ? text : result + text.slice(done)
}

/** What stands behind the `://`, up to a blank or a quote. */
function withoutSecrets(rest: string): string {
  // Everything in front of the last @: a password with a slash in it makes no valid URL and is a password all the same.
  const host = rest.lastIndexOf('@')
  return (host < 0 ? rest : `…${rest.slice(host)}`).replace(secretParameters, '$1…')
}

function endOfUrl(text: string, start: number): number {
  urlEnd.lastIndex = start
  return urlEnd.exec(text)?.index ?? text.length
}

const urlEnd = /[\s"'`<>]/g
