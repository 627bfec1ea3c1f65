// Where an application runs, which decides how strict it is.

/** Development and tests check more, production insists on the sound defaults. */
export type Profile = 'development' | 'test' | 'production'

export const profiles: readonly Profile[] = ['development', 'test', 'production']
