// Coded errors of content.
import { defineErrors } from '@footing/core'

export const contentErrors = defineErrors({
  'article-missing': {
    status: 404,
    retryable: false,
    what: 'There is no such article.',
    why: 'It was deleted, or its title changed, and its address with it.',
    remedy: 'Look for it in the list of its author.',
  },
  'article-of-another': {
    status: 403,
    retryable: false,
    what: 'The article belongs to somebody else.',
    why: 'Only its author may change or delete it.',
    remedy: 'Log in as its author.',
  },
  'comment-missing': {
    status: 404,
    retryable: false,
    what: 'The article has no such comment.',
    why: 'It was deleted, or it belongs to another article.',
    remedy: 'Read the comments of the article again.',
  },
  'comment-of-another': {
    status: 403,
    retryable: false,
    what: 'The comment belongs to somebody else.',
    why: 'Only who wrote it may delete it.',
    remedy: 'Log in as its author.',
  },
  'supporters-only': {
    status: 403,
    retryable: false,
    what: 'Only supporters of the author may comment on this article.',
    why: 'Its text is for supporters, and so is the talk about it.',
    remedy: 'Support the author with POST /api/profiles/{username}/pledge.',
  },
})
