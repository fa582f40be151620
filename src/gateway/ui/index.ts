/**
 * `GET /ui`: a page for those who operate it. Files as they stand, no build, nothing from elsewhere.
 *
 * UI-1 The page and its files are public and hold nothing; what they show needs a key where keys are set.
 * UI-2 Its scripts and styles come from here alone, none stand in the page, and no text becomes markup: the policy forbids it.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { GatewayDeps } from '../deps'
import type { ApiKeys } from '../keys'
import { registerUiEvents } from './events'
import { UI, UI_FILES } from './paths'
import { registerStories } from './stories'

const TYPES: { readonly [ending: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
}

/** UI-2 */
const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const

export function registerUi(app: FastifyInstance, deps: GatewayDeps, keys: ApiKeys): void {
  const files = [[UI, 'page.html'], ...UI_FILES.map((file) => [`${UI}/${file}`, file])]
  for (const [url = UI, file = ''] of files) {
    const body = readFileSync(path.join(__dirname, file), 'utf8')
    app.get(url, async (_request, reply) =>
      reply
        .headers(PAGE_HEADERS)
        .type(TYPES[path.extname(file)] ?? '')
        .send(body),
    )
  }
  registerUiEvents(app, deps, keys)
  registerStories(app, deps)
}
