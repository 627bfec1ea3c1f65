// What a capability that keeps things about people offers to export and erasure.

/** One place that holds what is about people. */
export interface PersonalStore {
  /** `storage of media`: in exports and proofs. */
  readonly name: string
  /** Everything about the person, as JSON texts of one entry each, so that nothing large is ever in memory. */
  export(subject: string): AsyncIterable<string>
  /**
   * Erases it. It may be interrupted at any point and is then called again, also at once from several processes; what is
   * erased already counts no second time. When it is called nothing new about the person comes any more.
   */
  erase(subject: string): Promise<StoreErasure>
}

/** What became of a person's entries in one store. It stands in the proof as it is, so it names nobody. */
export interface StoreErasure {
  readonly erased: number
  /** Entries that still lead to the person; 0 is the proof. */
  readonly left: number
  /** Why some are left, or what the store itself keeps for a while. */
  readonly why?: string
}
