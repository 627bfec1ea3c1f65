// What the tables of content hold about people, and what becomes of it when somebody is erased.
import { columns, type PersonalDeclaration } from '@footing/core/module'

const { keep, other } = columns

export const personal: PersonalDeclaration = {
  // Articles and favourites count towards totals, so the module takes them away by itself; see erasure.ts.
  article: {
    subject: 'author_id',
    columns: {
      ...keep('slug', 'title', 'description', 'body', 'tag_list', 'supporters_only', 'created_at', 'updated_at'),
      ...other('favorites_count'),
    },
    erase: 'by-module',
  },
  favorite: { subject: 'reader_id', key: ['reader_id', 'article_id'], columns: {}, erase: 'by-module' },
  comment: { subject: 'author_id', columns: keep('article_id', 'body', 'created_at', 'updated_at'), erase: 'delete' },
  article_tag: { none: 'tags of an article, which go with it' },
  tally: { none: 'numbers of articles' },
}
