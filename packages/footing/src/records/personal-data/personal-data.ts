// What an application can do with a person's data: export them as one stream, erase them with a proof, let nobody erased in.
import type { Clock } from '@footing/kernel'
import type { PersonalStore } from '../../capability/personal-store.ts'
import type { DataSource } from '../../data/contract/contract.ts'
import type { AnyManifest } from '../../module/define-module.ts'
import type { Authenticate } from '../../module/implement.ts'
import type { BoundPorts } from '../../module/module-network.ts'

/** What became of one table. */
export interface ErasedTable {
  readonly module: string
  readonly table: string
  readonly action: 'anonymise' | 'delete' | 'keep' | 'by-module'
  /** Rows that were changed or deleted, over all runs. */
  readonly rows: number
  /** Rows that still name the person by identifier. */
  readonly kept: number
  readonly why?: string
  readonly until?: string
}

/** What became of a person's entries in one store. */
export interface ErasedStore {
  readonly store: string
  /** Entries that were deleted or emptied, over all runs. */
  readonly erased: number
  /** Entries that still lead to the person. */
  readonly left: number
  readonly why?: string
}

/** What proves an erasure. It has the identifier, which leads to nobody any more, so that a restored copy can be erased again. */
export interface ErasureProof {
  readonly subject: string
  readonly requestedAt: string
  readonly finishedAt: string
  readonly tables: readonly ErasedTable[]
  readonly stores: readonly ErasedStore[]
  /** What became of the person's logins. */
  readonly access: string
  /** What became of the person's entries in the access log. */
  readonly accessLog: string
  /** SHA-256 of everything above, as JSON without spaces. */
  readonly digest: string
}

/** A person's data in a running application. */
export interface PersonalData {
  /**
   * Everything that modules and stores hold about a person, as the parts of one JSON document. Nothing large is ever in
   * memory. The last member is `"complete":true`; a document without it was cut off.
   */
  export(user: string): AsyncGenerator<string>
  /**
   * Erases a person: may be interrupted at any point and called again, also at once from several processes; ends with
   * the same proof. Modules go in the opposite order of needs, then the stores. From the beginning on nothing new is
   * stored about the person (`personal-data-erased`), and from the end on none of their tokens is let in.
   * @throws `personal-data-busy`, `personal-data-missing`, `personal-data-unfenced`, and what a module or a store throws
   */
  erase(user: string): Promise<ErasureProof>
  /**
   * The same `authenticate`, but nobody who was erased gets in, whatever their token says.
   * @throws (from the result) `personal-data-access-ended`
   */
  refuseErased(authenticate: Authenticate): Authenticate
}

/** What personal data are opened with. */
export interface PersonalDataOptions {
  /** All modules of the application. */
  readonly modules: readonly AnyManifest[]
  /** Those whose tables are in the database of this process. */
  readonly local: readonly AnyManifest[]
  /** Ports as an outside caller sees them. */
  readonly ports: BoundPorts
  readonly data: DataSource | undefined
  readonly clock: Clock
  /** What other capabilities keep about people. */
  readonly stores?: () => readonly PersonalStore[]
}
