/**
 * Which names a server on loopback answers to that requires no key: the gateway without keys, and the Web UI of `up`.
 * It is guarded by its address alone: a page whose name was made to point here (DNS rebinding) would be of its own
 * origin, and read and send what it likes. Such a page's requests name its own host, so only names are believed that
 * nobody can make point elsewhere.
 */
export interface RequestHeaders {
  host?: string | undefined
  origin?: string | undefined
}

/** An address of this host alone, or a name that is never anything else (RFC 6761). */
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){1,3}|\[?::1\]?)$/i

export const isLoopback = (host: string): boolean => LOOPBACK.test(host)

/** Every browser says a host, and HTTP/1.1 demands one: what comes without is no page. */
export const namesLoopback = ({ host }: RequestHeaders): boolean =>
  host === undefined || isLoopback(host.replace(/:\d*$/, ''))

/**
 * From its own page, or from no page that could do harm: a browser names the page's origin with everything but a plain GET,
 * and what that answers another origin's page can't read.
 */
export const isOwnPage = ({ host, origin }: RequestHeaders): boolean =>
  origin === undefined || (host !== undefined && origin === `http://${host}`)
