// What a capability that keeps things about people offers to export and erasure.

/** One place that holds what is about people. */
export interface PersonalStore {
  /** `storage of media`: in exports and proofs. */
  readonly name: string
  /** Everything about the person, as JSON texts of one entry each. */
  export(subject: string): AsyncIterable<string>
  /** Erases it; safe to repeat. Answers with how many entries were erased and how many are left, with the reason. */
  erase(subject: string): Promise<StoreErasure>
}

/** What became of a person's entries in one store. */
export interface StoreErasure {
  readonly erased: number
  /** Entries that still lead to the person; 0 is the proof. */
  readonly left: number
  /** Why some are left, or what the store itself keeps for a while. */
  readonly why?: string
}
