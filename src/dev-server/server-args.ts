/**
 * The embedded server's command line: its dynamic config and other settings, each with its reason (docs/temporal.md).
 * `deploy/temporal/dynamic-config.yaml`, for servers of one's own, is made from it.
 */
import { SEARCH_ATTRIBUTES } from '../contract/search-attributes'

export interface ServerArgs {
  ip: string
  port: number
  /** Where the UI itself listens: behind its guard. */
  ui: { ip: string; port: number }
  /** URL of the remote codec that the UI is to use; absent: none. */
  codecEndpoint?: string | undefined
  namespace: string
  /** Path of the database; absent: all in memory. */
  dataFile: string | undefined
}

const DYNAMIC_CONFIG: Record<string, string> = {
  // The default of 20 costs 50 ms per workflow task on a one-shard server.
  'history.transferProcessorMaxPollRPS': '2000',
  'history.timerProcessorMaxPollRPS': '2000',
  // The default rounds every timer under a second up to one second.
  'history.timerProcessorMaxTimeShift': '"20ms"',
  // Cancellation reaches an activity at once rather than at its next heartbeat.
  'system.enableCancelActivityWorkerCommand': 'true',
  'frontend.WorkerCommandsEnabled': 'true',
  // A worker that is frozen keeps its polls, and each swallows a task for the length of a lost worker. By default its
  // connection ends after 70 s, so before the 10 s of `workerLost`.
  'frontend.keepAliveTime': '"3s"',
  'frontend.keepAliveTimeout': '"5s"',
  // Work that waits in a queue takes turns by tenant: one that floods does not keep the others waiting.
  'matching.enableFairness': 'true',
  // Parts of a queue pass on ten tasks a second to the one that is polled: beside a flood a task may wait for seconds. They
  // are still read: an older database may hold tasks in them.
  'matching.numTaskqueueWritePartitions': '1',
  // Each task queue whose workers name their build is a deployment, and over a hundred are refused.
  'matching.maxDeployments': '1000',
  // A server's own default, which the CLI turns round: it would read the attributes' definitions anew at every use.
  'system.forceSearchAttributesCacheRefreshOnRead': 'false',
}

/**
 * Its HTTP API can't be left out, and any page may send to it: it takes what a page sends as text. Nobody can name this
 * host (RFC 2606), so it refuses everybody. Not in DYNAMIC_CONFIG: a cluster's own is reached by whom its network lets in.
 */
const NO_HTTP_API = 'frontend.httpAllowedHosts=["none.invalid"]'

/** 35-46 workflows a second rather than 14-18; survives kill -9, a power cut may lose the last commits. */
const PRAGMAS = [
  'journal_mode=wal',
  'synchronous=1',
  // What was deleted is overwritten in the database, and leaves the log, which is written back every 400 KB and cut then: the
  // server's own small writes see to that, also where nobody sends anything.
  'secure_delete=1',
  'wal_autocheckpoint=100',
  'journal_size_limit=0',
]

/** @returns the arguments of `temporal server start-dev`. */
export function serverArgs({ ip, port, ui, codecEndpoint, namespace, dataFile }: ServerArgs): string[] {
  return [
    'server',
    'start-dev',
    ...['--ip', ip, '--port', String(port), '--namespace', namespace],
    ...['--ui-ip', ui.ip, '--ui-port', String(ui.port)],
    ...(codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', codecEndpoint]),
    ...['--log-level', 'warn', '--ui-disable-news-fetch'],
    // The user's own client settings (another address, TLS) must not reach the server.
    ...['--disable-config-file', '--disable-config-env'],
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${value}`,
    ]),
    ...['--dynamic-config-value', NO_HTTP_API],
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
    ...(dataFile
      ? ['--db-filename', dataFile, ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma])]
      : []),
  ]
}

/** The server gets no more of the environment than it needs: keys of providers stay out of it. */
export function serverEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TZ', 'SYSTEMROOT', 'USERPROFILE', 'APPDATA']
  const pairs = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  // 10-20 % less CPU for some more memory.
  return { ...Object.fromEntries(pairs), GOGC: '400' }
}
