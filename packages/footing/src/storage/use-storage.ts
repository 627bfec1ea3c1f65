// What a module's manifest says when it keeps objects.
import { type Use, use } from '../module/use.ts'
import { storageError } from './contract/errors.ts'
import type { ModuleStorage } from './module-storage.ts'
import { verifyPrefix } from './storage-key.ts'

/** What a module says of its objects. */
export interface StorageDeclaration {
  /**
   * Where objects about a person are: `avatar/{subject}/`, or several such prefixes. `{subject}` is the whole of one name
   * between slashes, so that the objects of one person are never those of another.
   */
  readonly personal?: string | readonly string[]
}

/** The same with every choice made. */
export interface DeclaredStorage {
  readonly personal: readonly string[]
}

/**
 * Gives the module objects below a prefix of its own: `uses: [storage({ personal: 'avatar/{subject}/' })]`, then
 * `kit.storage`.
 * @throws `storage-declaration-invalid`
 */
export function storage(declared: StorageDeclaration = {}): Use<'storage', ModuleStorage, DeclaredStorage> {
  const personal = [declared.personal ?? []].flat()
  for (const prefix of personal) verifyPersonalPrefix(prefix)
  return use('storage', { personal })
}

function verifyPersonalPrefix(prefix: string): void {
  const invalid = (reason: string) =>
    storageError('storage-declaration-invalid', { prefix: JSON.stringify(String(prefix).slice(0, 80)), reason })
  if (typeof prefix !== 'string' || !/^(?:[^{}]*\/)?\{subject\}\/[^{}]*$/.test(prefix)) {
    throw invalid('{subject} has to be the whole of one name, with a / behind it, once.')
  }
  try {
    verifyPrefix(prefix.replace('{subject}', 'x'))
  } catch {
    throw invalid('it has characters that no key has.')
  }
}
