// Every coded error of object storage.
import { defineErrors, type FootingError } from '@footing/kernel'

/** The closed table of this capability. */
export const storageErrors = defineErrors({
  'storage-key-invalid': {
    status: 400,
    retryable: false,
    what: 'An object key cannot be used: {reason}',
    why: 'Keys are kept to names that every store can hold, so that a change of the store loses none.',
    remedy:
      'Make keys of your own ids: letters, digits and . _ = @ , + ~ ( ) ! - in names joined by /, at most 800 characters.',
  },
  'storage-object-missing': {
    status: 404,
    retryable: false,
    what: 'There is no object {key}.',
    why: 'It was never stored, or deleted since.',
    remedy: 'Check the key, and look with head() first where an absent object has a meaning.',
  },
  'storage-object-exists': {
    status: 409,
    retryable: false,
    what: 'The object {key} exists already.',
    why: 'It was to be stored only if absent, so nothing was changed.',
    remedy: 'Choose another key, or leave ifAbsent out to replace it.',
  },
  'storage-too-large': {
    status: 413,
    retryable: false,
    what: 'The content of {key} has more than {limit} bytes.',
    why: 'Without a limit one object could fill the disk or the memory. Nothing was stored.',
    remedy: 'Send less, or raise maxBytes of the call or of the storage.',
  },
  'storage-body-invalid': {
    status: 500,
    retryable: false,
    what: 'The body for {key} cannot be stored: {reason}',
    why: 'Objects are bytes; anything else would be stored as something that nobody meant.',
    remedy: 'Pass a Uint8Array, a string, or a stream of Uint8Array without an encoding.',
  },
  'storage-checksum-mismatch': {
    status: 422,
    retryable: true,
    what: 'The content of {key} is not what it should be: {reason}',
    why: 'Bytes were lost or changed on their way. A put has stored nothing; what a get has delivered must not be used.',
    remedy: 'Repeat the call; when it stays, restore the object from a copy.',
  },
  'storage-object-damaged': {
    status: 500,
    retryable: false,
    what: 'The stored object {key} cannot be read: {reason}',
    why: 'The file was not written by this storage, or changed since.',
    remedy: 'Restore the file from a copy, or delete the object and store it again.',
  },
  'storage-path-unsafe': {
    status: 500,
    retryable: false,
    what: 'The way to {key} leads through a symbolic link.',
    why: 'It could point outside of the storage folder, so that objects would read or write other files.',
    remedy: 'Remove the link. To keep the files elsewhere, make the storage folder itself the link.',
  },
  'storage-range-invalid': {
    status: 416,
    retryable: false,
    what: 'The range of {key} cannot be read: {reason}',
    why: 'It begins behind the end of the object, or is not a range.',
    remedy: 'Ask for an offset from 0 to below the size, and a length of at least 1.',
  },
  'storage-request-invalid': {
    status: 400,
    retryable: false,
    what: 'A call of the storage has a wrong option: {reason}',
    why: 'Stores would understand it in different ways.',
    remedy: 'Correct the option that the message names.',
  },
  'storage-timeout': {
    status: 504,
    retryable: true,
    what: 'The storage did not finish {operation} of {key}: {reason}',
    why: 'Waiting longer would hold the caller, and memory, for something that may never come. A put has stored nothing.',
    remedy: 'Check the store and the network; allow slow ones a longer stallMs or timeoutMs.',
  },
  'storage-cancelled': {
    status: 499,
    retryable: false,
    what: 'The {operation} of {key} was cancelled because its caller went away.',
    why: 'Nobody waits for it; a put has stored nothing.',
    remedy: 'Nothing to do, unless callers hang up often: then look at the time it takes.',
  },
  'storage-unreachable': {
    status: 503,
    retryable: true,
    what: 'The object store cannot be reached: {reason}',
    why: 'The connection failed or the store is overloaded, after several attempts.',
    remedy: 'Check that it runs, and the endpoint in STORAGE_URL.',
  },
  'storage-access-refused': {
    status: 500,
    retryable: false,
    what: 'The store refused the access: {reason}',
    why: 'The credentials are wrong, expired or lack a right, or the folder belongs to another user.',
    remedy: 'Check the credentials of STORAGE_URL and what they may do in the bucket or folder.',
  },
  'storage-full': {
    status: 507,
    retryable: true,
    what: 'There is no room left to store {key}: {reason}',
    why: 'The disk or the quota is used up. Nothing was stored; what was there before is safe.',
    remedy: 'Free space, or move the storage.',
  },
  'storage-failed': {
    status: 502,
    retryable: false,
    what: 'The store could not do {operation}: {reason}',
    why: 'It answered with a fault that has no code of its own here.',
    remedy: 'Read the reason; check bucket name, region and endpoint in STORAGE_URL.',
  },
  'storage-url-invalid': {
    status: 500,
    retryable: false,
    what: 'The storage URL cannot be used: {reason}',
    why: 'It says where objects are kept: s3://key:secret@bucket/prefix?region=…&endpoint=… or file:///folder.',
    remedy: 'Correct STORAGE_URL; characters such as / and + in a secret are written percent-encoded.',
  },
  'storage-declaration-invalid': {
    status: 500,
    retryable: false,
    what: 'The personal prefix {prefix} of storage(…) cannot be used: {reason}',
    why: 'Everything below it belongs to one person: it is exported and deleted as theirs.',
    remedy: "Write it as in storage({ personal: 'avatar/{subject}/' }).",
  },
  'storage-unsupported': {
    status: 500,
    retryable: false,
    what: 'This store has no {ability}.',
    why: 'Its guarantees say so, and pretending would fail where it hurts: {reason}.',
    remedy: '{instead}',
  },
  'storage-driver-missing': {
    status: 500,
    retryable: false,
    what: 'The S3 client is not installed.',
    why: 'It is an optional package of 22 MB that only STORAGE_URL=s3://… needs.',
    remedy: 'Run npm install @aws-sdk/client-s3, or use STORAGE_URL=file:///folder.',
  },
  'storage-closed': {
    status: 503,
    retryable: true,
    what: 'The storage is closed.',
    why: 'This process is shutting down.',
    remedy: 'Send the request to another process; in a test, close the storage after its last use.',
  },
})

/** A code of the table. */
export type StorageErrorCode = Parameters<typeof storageErrors>[0]

/** Makes an error of the table with the values that its sentences name. They end up in messages: never a secret. */
export function storageError(
  code: StorageErrorCode,
  details: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): FootingError {
  return storageErrors(code, { details, ...(cause === undefined ? {} : { cause }) })
}
