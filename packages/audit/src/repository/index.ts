// Reading a repository that nobody vouches for: the only ways by which commands ask git and read single files of it.
export { askGit, type GitAnswer, type GitCommand, type GitLimits } from './ask-git.ts'
export { type ReadTextOptions, readTextFile, refusalWords, type TextFile, type TextRefusal } from './read-text-file.ts'
export { repositoryOf } from './repository-of.ts'
