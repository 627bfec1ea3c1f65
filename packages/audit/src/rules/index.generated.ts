// Written by scripts/index-rules.ts from the folders of rules; not by hand.
import { rule as boundariesDeepImport } from './boundaries/deep-import.ts'
import { rule as boundariesDeferredImportCycle } from './boundaries/deferred-import-cycle.ts'
import { rule as boundariesHubModule } from './boundaries/hub-module.ts'
import { rule as boundariesImportCycle } from './boundaries/import-cycle.ts'
import { rule as boundariesInvertedLayer } from './boundaries/inverted-layer.ts'
import { rule as boundariesPackageCycle } from './boundaries/package-cycle.ts'
import { rule as boundariesTechnologyAlignedFolders } from './boundaries/technology-aligned-folders.ts'
import { rule as boundariesUnownedCode } from './boundaries/unowned-code.ts'
import { rule as servicesForeignTableWrite } from './services/foreign-table-write.ts'
import { rule as servicesLockstepService } from './services/lockstep-service.ts'
import { rule as servicesSharedDatabase } from './services/shared-database.ts'
import type { Rule } from './rule.ts'

/** Every rule of the catalogue, by id. */
export const rules: readonly Rule[] = [
  boundariesDeepImport,
  boundariesDeferredImportCycle,
  boundariesHubModule,
  boundariesImportCycle,
  boundariesInvertedLayer,
  boundariesPackageCycle,
  boundariesTechnologyAlignedFolders,
  boundariesUnownedCode,
  servicesForeignTableWrite,
  servicesLockstepService,
  servicesSharedDatabase,
]
