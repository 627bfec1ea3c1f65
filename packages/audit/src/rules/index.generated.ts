// Written by scripts/index-rules.ts from the folders of rules; not by hand.
import { rule as asyncAsyncRouteWithoutAwait } from './async/async-route-without-await.ts'
import { rule as asyncBlockingCallInAsync } from './async/blocking-call-in-async.ts'
import { rule as asyncBlockingChainInAsync } from './async/blocking-chain-in-async.ts'
import { rule as asyncBlockingMiddleware } from './async/blocking-middleware.ts'
import { rule as asyncCallWithoutTimeout } from './async/call-without-timeout.ts'
import { rule as asyncCpuWorkOnEventLoop } from './async/cpu-work-on-event-loop.ts'
import { rule as asyncEndlessRetry } from './async/endless-retry.ts'
import { rule as asyncFileIoInAsync } from './async/file-io-in-async.ts'
import { rule as asyncSequentialCalls } from './async/sequential-calls.ts'
import { rule as asyncSleepingWorker } from './async/sleeping-worker.ts'
import { rule as asyncSyncDatabaseInAsync } from './async/sync-database-in-async.ts'
import { rule as asyncSyncVendorCallInAsync } from './async/sync-vendor-call-in-async.ts'
import { rule as asyncUnawaitedBridge } from './async/unawaited-bridge.ts'
import { rule as asyncUnlimitedJob } from './async/unlimited-job.ts'
import { rule as boundariesDeepImport } from './boundaries/deep-import.ts'
import { rule as boundariesDeferredImportCycle } from './boundaries/deferred-import-cycle.ts'
import { rule as boundariesForeignTableAccess } from './boundaries/foreign-table-access.ts'
import { rule as boundariesGodModule } from './boundaries/god-module.ts'
import { rule as boundariesHubModule } from './boundaries/hub-module.ts'
import { rule as boundariesImportCycle } from './boundaries/import-cycle.ts'
import { rule as boundariesInvertedLayer } from './boundaries/inverted-layer.ts'
import { rule as boundariesModuleCycle } from './boundaries/module-cycle.ts'
import { rule as boundariesPackageCycle } from './boundaries/package-cycle.ts'
import { rule as boundariesTechnologyAlignedFolders } from './boundaries/technology-aligned-folders.ts'
import { rule as boundariesUndeclaredNeed } from './boundaries/undeclared-need.ts'
import { rule as boundariesUnownedCode } from './boundaries/unowned-code.ts'
import { rule as boundariesUnresolvedImport } from './boundaries/unresolved-import.ts'
import { rule as dataConnectionPerRequest } from './data/connection-per-request.ts'
import { rule as dataListenThroughPooler } from './data/listen-through-pooler.ts'
import { rule as dataLockedConnection } from './data/locked-connection.ts'
import { rule as dataMixedAccessPatterns } from './data/mixed-access-patterns.ts'
import { rule as dataNamedPreparedStatements } from './data/named-prepared-statements.ts'
import { rule as dataPoolerMissing } from './data/pooler-missing.ts'
import { rule as dataQueryInLoop } from './data/query-in-loop.ts'
import { rule as dataRawSqlOutsideDataLayer } from './data/raw-sql-outside-data-layer.ts'
import { rule as dataServerSideCursor } from './data/server-side-cursor.ts'
import { rule as dataSessionAdvisoryLock } from './data/session-advisory-lock.ts'
import { rule as dataSessionState } from './data/session-state.ts'
import { rule as dataSingleDatabaseAssumption } from './data/single-database-assumption.ts'
import { rule as dataTransactionOverCall } from './data/transaction-over-call.ts'
import { rule as dataUnmigratedSchema } from './data/unmigrated-schema.ts'
import { rule as dataUnsizedPool } from './data/unsized-pool.ts'
import { rule as frameworkMixedFrameworks } from './framework/mixed-frameworks.ts'
import { rule as observabilityPrintAsLog } from './observability/print-as-log.ts'
import { rule as observabilitySwallowedException } from './observability/swallowed-exception.ts'
import { rule as observabilityUnmeasuredQueue } from './observability/unmeasured-queue.ts'
import { rule as observabilityUnmeasuredService } from './observability/unmeasured-service.ts'
import { rule as observabilityUnstructuredLog } from './observability/unstructured-log.ts'
import { rule as observabilityUntrackedErrors } from './observability/untracked-errors.ts'
import { rule as reversibilityCoreImportsPlugin } from './reversibility/core-imports-plugin.ts'
import { rule as reversibilityDataAccessWithoutSeam } from './reversibility/data-access-without-seam.ts'
import { rule as reversibilityOneCloudCode } from './reversibility/one-cloud-code.ts'
import { rule as reversibilityScatteredVendorSdk } from './reversibility/scattered-vendor-sdk.ts'
import { rule as reversibilityUnflaggedRelease } from './reversibility/unflagged-release.ts'
import { rule as reversibilityUnversionedApi } from './reversibility/unversioned-api.ts'
import { rule as reversibilityVendorSdkOutsideDriver } from './reversibility/vendor-sdk-outside-driver.ts'
import { rule as servicesDuplicatedDomain } from './services/duplicated-domain.ts'
import { rule as servicesForeignTableWrite } from './services/foreign-table-write.ts'
import { rule as servicesLockstepService } from './services/lockstep-service.ts'
import { rule as servicesSharedDatabase } from './services/shared-database.ts'
import { rule as stateFileLockAsMutex } from './state/file-lock-as-mutex.ts'
import { rule as stateInMemorySession } from './state/in-memory-session.ts'
import { rule as stateInProcessConsumer } from './state/in-process-consumer.ts'
import { rule as stateInProcessScheduler } from './state/in-process-scheduler.ts'
import { rule as stateLocalDiskStore } from './state/local-disk-store.ts'
import { rule as stateLocalDiskUpload } from './state/local-disk-upload.ts'
import { rule as stateProcessCache } from './state/process-cache.ts'
import { rule as stateProcessStateInRequestPath } from './state/process-state-in-request-path.ts'
import { rule as stateSessionAffinity } from './state/session-affinity.ts'
import { rule as stateThreadAsJobQueue } from './state/thread-as-job-queue.ts'
import { rule as stateUncachedHotRead } from './state/uncached-hot-read.ts'
import type { Rule } from '../rule/rule.ts'

/** Every rule of the catalogue, by id. */
export const rules: readonly Rule[] = [
  asyncAsyncRouteWithoutAwait,
  asyncBlockingCallInAsync,
  asyncBlockingChainInAsync,
  asyncBlockingMiddleware,
  asyncCallWithoutTimeout,
  asyncCpuWorkOnEventLoop,
  asyncEndlessRetry,
  asyncFileIoInAsync,
  asyncSequentialCalls,
  asyncSleepingWorker,
  asyncSyncDatabaseInAsync,
  asyncSyncVendorCallInAsync,
  asyncUnawaitedBridge,
  asyncUnlimitedJob,
  boundariesDeepImport,
  boundariesDeferredImportCycle,
  boundariesForeignTableAccess,
  boundariesGodModule,
  boundariesHubModule,
  boundariesImportCycle,
  boundariesInvertedLayer,
  boundariesModuleCycle,
  boundariesPackageCycle,
  boundariesTechnologyAlignedFolders,
  boundariesUndeclaredNeed,
  boundariesUnownedCode,
  boundariesUnresolvedImport,
  dataConnectionPerRequest,
  dataListenThroughPooler,
  dataLockedConnection,
  dataMixedAccessPatterns,
  dataNamedPreparedStatements,
  dataPoolerMissing,
  dataQueryInLoop,
  dataRawSqlOutsideDataLayer,
  dataServerSideCursor,
  dataSessionAdvisoryLock,
  dataSessionState,
  dataSingleDatabaseAssumption,
  dataTransactionOverCall,
  dataUnmigratedSchema,
  dataUnsizedPool,
  frameworkMixedFrameworks,
  observabilityPrintAsLog,
  observabilitySwallowedException,
  observabilityUnmeasuredQueue,
  observabilityUnmeasuredService,
  observabilityUnstructuredLog,
  observabilityUntrackedErrors,
  reversibilityCoreImportsPlugin,
  reversibilityDataAccessWithoutSeam,
  reversibilityOneCloudCode,
  reversibilityScatteredVendorSdk,
  reversibilityUnflaggedRelease,
  reversibilityUnversionedApi,
  reversibilityVendorSdkOutsideDriver,
  servicesDuplicatedDomain,
  servicesForeignTableWrite,
  servicesLockstepService,
  servicesSharedDatabase,
  stateFileLockAsMutex,
  stateInMemorySession,
  stateInProcessConsumer,
  stateInProcessScheduler,
  stateLocalDiskStore,
  stateLocalDiskUpload,
  stateProcessCache,
  stateProcessStateInRequestPath,
  stateSessionAffinity,
  stateThreadAsJobQueue,
  stateUncachedHotRead,
]
