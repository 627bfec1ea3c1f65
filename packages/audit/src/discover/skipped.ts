// What is not the team's own source, by its name: installed, vendored, generated or cached.

/** Why a path is not read. */
export type SkipReason =
  | 'environment'
  | 'dependency'
  | 'vendored'
  | 'generated'
  | 'cache'
  | 'link'
  | 'special'
  | 'unreadable'
  | 'too-deep'
  | 'too-many'

const FOLDERS: ReadonlyMap<string, SkipReason> = new Map<string, SkipReason>([
  ['venv', 'environment'],
  ['.venv', 'environment'],
  ['.tox', 'environment'],
  ['.nox', 'environment'],
  ['.direnv', 'environment'],
  ['node_modules', 'dependency'],
  ['bower_components', 'dependency'],
  ['site-packages', 'dependency'],
  ['dist-packages', 'dependency'],
  ['__pypackages__', 'dependency'],
  ['.eggs', 'dependency'],
  ['_vendor', 'vendored'],
  ['vendor', 'vendored'],
  ['vendored', 'vendored'],
  ['third_party', 'vendored'],
  ['__pycache__', 'cache'],
  ['.mypy_cache', 'cache'],
  ['.pytest_cache', 'cache'],
  ['.ruff_cache', 'cache'],
  ['.hypothesis', 'cache'],
  ['.cache', 'cache'],
  ['.ipynb_checkpoints', 'cache'],
  ['.next', 'cache'],
  ['.nuxt', 'cache'],
  ['.turbo', 'cache'],
  ['.svelte-kit', 'cache'],
  ['.output', 'cache'],
  ['.nyc_output', 'cache'],
  ['.yarn', 'dependency'],
  ['.pnpm-store', 'dependency'],
])

/** The reason to pass a folder by, undefined to look into it. */
export const skippedFolder = (name: string): SkipReason | undefined => FOLDERS.get(name)

/** Names that code generators and bundlers give (protobuf, gRPC, versioning tools, minifiers). */
export const generatedName = (name: string): boolean =>
  /(?:_pb2|_pb2_grpc|_grpc)\.pyi?$|^_version\.py$|_pb\.[jt]s$|_pb\.d\.ts$|\.(?:min|bundle|chunk)\.[cm]?js$/.test(name)
