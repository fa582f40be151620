/**
 * Which names a gateway answers to. One on loopback that asks for no key is guarded by its address alone: a page whose
 * name was made to point here (DNS rebinding) would be of its own origin, and read and send what it likes. Such a page's
 * requests name its own host, so only names are believed that nobody can make point elsewhere.
 */
import type { IncomingHttpHeaders } from 'node:http'

/** An address of this host alone, or a name that is never anything else (RFC 6761). */
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){1,3}|\[?::1\]?)$/i

export const isLoopback = (host: string): boolean => LOOPBACK.test(host)

/** Every browser says a host, and HTTP/1.1 demands one: what comes without is no page. */
export const namesLoopback = ({ host }: IncomingHttpHeaders): boolean =>
  host === undefined || isLoopback(host.replace(/:\d*$/, ''))
