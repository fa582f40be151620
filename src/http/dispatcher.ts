/**
 * The connections: one pool per origin, kept alive, straight or through the proxy that the environment
 * names.
 *
 * DISPATCHER-1 A pool opens as many connections as there are calls. What bounds them is the worker's slots: a
 *    queue in here would be invisible, its wait would be charged to the provider, and hung calls would starve
 *    the others.
 * DISPATCHER-2 An idle connection is left before the server leaves it. A server that closes just as a request
 *    is sent looks like a failed provider, and a POST can't be sent again safely. Node and uvicorn (vLLM)
 *    close after 5 s, load balancers after 60 s or more; a `Keep-Alive: timeout` hint is obeyed, less 2 s.
 * DISPATCHER-3 The loopback never goes through a proxy: local servers (Ollama, vLLM, the simulator) live
 *    there.
 */
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'

const KEEP_ALIVE_MS = 4_000

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

export interface DispatcherOptions {
  /** Read for http_proxy, https_proxy and no_proxy, in lower or upper case. */
  env: { [name: string]: string | undefined }
  /** PEM: the authority to trust in place of the system's. */
  ca: string | undefined
  /** The longest that any connect may take. */
  connectLimitMs: number
}

export const createDispatcher = ({ env, ca, connectLimitMs }: DispatcherOptions): Dispatcher => {
  const authority = ca === undefined ? {} : { ca }
  const options: Agent.Options = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: connectLimitMs, ...authority },
  }
  const variable = (name: string): string => env[name] || env[name.toUpperCase()] || ''
  const httpProxy = variable('http_proxy')
  const httpsProxy = variable('https_proxy')
  if (httpProxy === '' && httpsProxy === '') return new Agent(options)
  const excepted = variable('no_proxy')
  return new EnvHttpProxyAgent({
    ...options,
    httpProxy,
    httpsProxy,
    noProxy: excepted === '*' ? '*' : [excepted, ...LOOPBACK].join(','),
    requestTls: authority,
  })
}
