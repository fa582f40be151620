/** The name of a build: what its workflows' code is, and nothing else. Two releases with the same workflows are one build. */
import { createHash } from 'node:crypto'

const SOURCE_MAP = /^\/\/# sourceMappingURL=.*$/m
const LENGTH = 12

/** Only the code: its source map says nothing of what it does. */
export const bareCode = (bundle: string): string => bundle.replace(SOURCE_MAP, '').trimEnd()

/** @returns hex digits of the SHA-256 of the bundle's code. */
export const buildIdOf = (bundle: string): string =>
  createHash('sha256').update(bareCode(bundle)).digest('hex').slice(0, LENGTH)

const NO_SOURCES = { version: 3, file: 'workflow-bundle.js', sources: [], names: [], mappings: '' }

/** The SDK takes no code without a source map: this one is empty. */
export const withSourceMap = (code: string): string =>
  `${code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(NO_SOURCES)).toString('base64')}`
