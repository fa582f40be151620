/** The page and its files need no key; what it shows does. */
export const UI = '/ui'
export const UI_EVENTS = '/ui/events'
/** Each reads a history: they count among the requests in flight. */
export const STORIES = '/ui/generations/'

/** Does it show something of the cluster? */
export const isUiData = (path: string): boolean => path === UI_EVENTS || path.startsWith(STORIES)
