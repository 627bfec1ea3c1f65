// The languages that are told apart once a file has been read.

/** The languages that there are programs of; JavaScript is TypeScript without types. */
export type LanguageName = 'python' | 'typescript'
