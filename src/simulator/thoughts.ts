/** Thoughts as a provider seals them: its own key, provider and model alone get one back that it takes. */
import { createHash } from 'node:crypto'

/** Who seals. */
export interface Thinker {
  provider: string
  model: string
  /** By its hash; null: none came. */
  keyHash: string | null
}

/** `text` may be read; `seal` proves whose it is. */
export interface Thought {
  text: string
  seal: string
}

export const sealOf = ({ provider, model, keyHash }: Thinker, text: string): string =>
  `sim${createHash('sha256')
    .update(JSON.stringify([provider, model, keyHash, text]))
    .digest('base64')}`

/** The text inside the seal, as encrypted content has it. */
export const encrypted = ({ text, seal }: Thought): string =>
  `${seal}.${Buffer.from(text, 'utf8').toString('base64')}`

/** null: nobody's. */
export function decrypted(content: string): Thought | null {
  const [seal = '', text] = content.split('.')
  return text === undefined ? null : { seal, text: Buffer.from(text, 'base64').toString('utf8') }
}
