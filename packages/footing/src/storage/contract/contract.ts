// What object storage promises to an application, and what a driver must do for that.

/** What is stored: bytes, text as UTF-8, or a stream such as a Node `Readable` of buffers. */
export type StorageBody = Uint8Array | string | AsyncIterable<Uint8Array>

/** What is known of one object. */
export interface StoredObject {
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly contentType: string
  /** Changes whenever the content does. Its form is the store's own: compare, never read it. */
  readonly etag: string
  readonly modifiedAt: Date
  /** SHA-256 of the content in hexadecimal, where it is known: see the guarantee `checksum`. */
  readonly sha256: string | undefined
}

/** One line of a listing. */
export interface ListedObject {
  readonly key: string
  readonly size: number
  readonly modifiedAt: Date
}

/** A page of a listing, in ascending order of the keys' bytes. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[]
  /** Give it as `after` for the next page; undefined on the last one. */
  readonly next: string | undefined
}

/** What every call may carry. */
export interface StorageCall {
  readonly signal?: AbortSignal
  /** Longest time of the whole call in milliseconds. Left out, only a standstill ends it (`stallMs` of the storage). */
  readonly timeoutMs?: number
}

/** How an object is stored. */
export interface PutOptions extends StorageCall {
  /** Default `application/octet-stream`. */
  readonly contentType?: string
  /** Refuses with `storage-object-exists` when the key is taken; of many at once one wins. */
  readonly ifAbsent?: boolean
  /** SHA-256 that the content must have, in hexadecimal: anything else is refused and nothing is stored. */
  readonly sha256?: string
  /** Largest content in bytes, below the limit of the storage. */
  readonly maxBytes?: number
}

/** A part of an object: `length` bytes from `offset`, or all from there. */
export interface ByteRange {
  readonly offset: number
  readonly length?: number
}

/** Which objects are listed. */
export interface ListRequest extends StorageCall {
  readonly prefix?: string
  /** Only keys after this one. */
  readonly after?: string
  /** Objects of one page, 1 to 1000. Default 1000. */
  readonly limit?: number
}

/** What a signed link allows. */
export interface LinkRequest {
  /** Default `GET`. */
  readonly method?: 'GET' | 'PUT'
  /** 1 second to 7 days. Default 900. */
  readonly expiresInSeconds?: number
}

/** An object and its content. The body is read once; leaving the loop early ends the transfer. */
export interface OpenedObject {
  readonly object: StoredObject
  /** Whole contents are compared with size and checksum; the last step fails when they differ. */
  readonly body: AsyncIterable<Uint8Array>
}

/** What a store guarantees, as data: modules and the facade ask this, never which store it is. */
export interface StorageGuarantees {
  /** `ifAbsent` is decided by the store itself. Where false, the facade refuses the option. */
  readonly atomicIfAbsent: boolean
  /** Links that let a browser read or write one object for a while. */
  readonly signedLinks: boolean
  /** Processes on other machines see the same objects. */
  readonly shared: boolean
  /** `always`: SHA-256 known for each object. `declared`: known when it was when the transfer began (bytes, or `sha256` given). */
  readonly checksum: 'always' | 'declared'
  /** Bytes of the largest object. */
  readonly largestObject: number
}

/** Object storage, whichever store is behind it. */
export interface ObjectStorage {
  readonly guarantees: StorageGuarantees
  /**
   * Stores an object: whole or not at all, and durable when this resolves. Replaces what the key held.
   * @throws `storage-object-exists`, `storage-too-large`, `storage-checksum-mismatch`, and what the body throws, unchanged
   */
  put(key: string, body: StorageBody, options?: PutOptions): Promise<StoredObject>
  /** @throws `storage-object-missing`, `storage-range-invalid` */
  get(key: string, options?: StorageCall & { readonly range?: ByteRange }): Promise<OpenedObject>
  /** The whole content, which must not exceed `maxBytes` (default 64 MiB). */
  read(key: string, options?: StorageCall & { readonly maxBytes?: number }): Promise<Uint8Array>
  /** What is known of an object, or undefined. */
  head(key: string, options?: StorageCall): Promise<StoredObject | undefined>
  list(request?: ListRequest): Promise<ObjectPage>
  /** Deletes an object. An absent one is no fault, so that it may be repeated. */
  delete(key: string, options?: StorageCall): Promise<void>
  /** @throws `storage-unsupported` where the store has no links */
  signedLink(key: string, request?: LinkRequest): Promise<string>
  /** Ends what runs and frees connections. Safe to call twice. */
  close(): Promise<void>
}

/** What the facade tells a driver about an object to store. */
export interface DriverPut {
  readonly contentType: string
  readonly ifAbsent: boolean
  /** Known before the transfer when the body is bytes or the caller said so. */
  readonly sha256: string | undefined
  readonly signal: AbortSignal
}

/**
 * A store. Keys are valid, limits and checksums are the facade's work. When `body` throws or the signal aborts, a driver
 * leaves nothing behind under the key and lets the error pass.
 */
export interface StorageDriver {
  readonly guarantees: StorageGuarantees
  put(key: string, body: AsyncIterable<Uint8Array>, options: DriverPut): Promise<StoredObject>
  /** Undefined when there is no such object. The range was checked for form only. */
  get(key: string, range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedObject | undefined>
  head(key: string, signal: AbortSignal): Promise<StoredObject | undefined>
  list(request: DriverList, signal: AbortSignal): Promise<ObjectPage>
  delete(key: string, signal: AbortSignal): Promise<void>
  signedLink?(key: string, request: Required<LinkRequest>): Promise<string>
  close(): Promise<void>
}

/** A listing with every default filled in. */
export interface DriverList {
  readonly prefix: string
  readonly after: string | undefined
  readonly limit: number
}
