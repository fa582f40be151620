/** Of the local activities: each takes milliseconds. One that breaks again and again must not hold its run for ever. */
export const LOCAL_LIMITS = {
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '15s',
  retry: { maximumAttempts: 5, initialInterval: '100ms' },
} as const
