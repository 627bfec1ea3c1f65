// Schemas for the texts of environment variables; they are Standard Schemas like those of any validator.
import { FootingError } from '@footing/kernel'
import type { Schema } from '../module/schema.ts'

/** Makes a schema that reads a text; `read` returns undefined for one that does not fit. */
export function textSchema<T>(expected: string, read: (text: string) => T | undefined): Schema<string, T> {
  return {
    '~standard': {
      version: 1,
      vendor: 'footing',
      validate(value) {
        const result = typeof value === 'string' ? read(value.trim()) : undefined
        return result === undefined ? { issues: [{ message: `expected ${expected}` }] } : { value: result }
      },
    },
  }
}

/** Any text that is not empty. */
export function anyText(): Schema<string, string> {
  return textSchema('a text', (text) => (text === '' ? undefined : text))
}

/** A whole number between two bounds, both included. */
export function wholeNumber(least: number, most: number): Schema<string, number> {
  return textSchema(`a whole number from ${least} to ${most}`, (text) => {
    const value = Number(text)
    return /^\d{1,15}$/.test(text) && value >= least && value <= most ? value : undefined
  })
}

/** `true`, `1`, `yes`, `on` or their opposites. */
export function yesOrNo(): Schema<string, boolean> {
  return textSchema('true or false', (text) => {
    if (/^(true|1|yes|on)$/i.test(text)) return true
    return /^(false|0|no|off)$/i.test(text) ? false : undefined
  })
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(words: Words): Schema<string, Words[number]> {
  return textSchema(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text))
}

/** An absolute URL with one of these schemes. */
export function urlWith(...schemes: readonly string[]): Schema<string, string> {
  return textSchema(`a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, (text) =>
    URL.canParse(text) && schemes.some((scheme) => text.startsWith(`${scheme}://`)) ? text : undefined,
  )
}

/** Absolute URLs with one of these schemes, separated by commas. */
export function urlsWith(...schemes: readonly string[]): Schema<string, readonly string[]> {
  const begins = schemes.map((scheme) => `${scheme}://`)
  return textSchema(`URLs that begin with ${begins.join(' or ')}, separated by commas`, (text) => {
    const urls = text.split(',').map((url) => url.trim())
    return urls.every((url) => URL.canParse(url) && begins.some((begin) => url.startsWith(begin))) ? urls : undefined
  })
}

/** A text that `read` understands; the reason of its coded refusal is the fault, which must not repeat the text. */
export function readableBy(read: (text: string) => unknown): Schema<string, string> {
  return {
    '~standard': {
      version: 1,
      vendor: 'footing',
      validate(value) {
        if (typeof value !== 'string') return { issues: [{ message: 'expected a text' }] }
        try {
          read(value.trim())
          return { value: value.trim() }
        } catch (error) {
          if (!(error instanceof FootingError)) throw error
          return { issues: [{ message: String(error.details.reason ?? error.what) }] }
        }
      },
    },
  }
}
