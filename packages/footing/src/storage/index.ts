// The public list of object storage.
export { type StorageCase, storageConformance } from './conformance.ts'
export type {
  ByteRange,
  DriverList,
  DriverPut,
  LinkRequest,
  ListedObject,
  ListRequest,
  ObjectPage,
  ObjectStorage,
  OpenedObject,
  PutOptions,
  StorageBody,
  StorageCall,
  StorageDriver,
  StorageGuarantees,
  StoredObject,
} from './contract/contract.ts'
export { type StorageErrorCode, storageErrors } from './contract/errors.ts'
export type { ModuleStorage } from './module-storage.ts'
export { openStorage, type StorageOptions } from './open-storage.ts'
export { type StorageLimits, storageOn } from './storage.ts'
export { type StorageDeclaration, storage } from './use-storage.ts'
