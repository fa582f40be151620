/** The page and its files need no key; what it shows does. */
export const UI = '/ui'
export const UI_EVENTS = '/ui/events'
/** Each reads a history: they count among the requests in flight. */
export const STORIES = '/ui/generations/'

export const UI_FILES = [
  'page.css',
  'page.mjs',
  'live.mjs',
  'dom.mjs',
  'words.mjs',
  'targets.mjs',
  'generations.mjs',
  'plots.mjs',
] as const
