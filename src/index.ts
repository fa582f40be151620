/** `import { createHoldfast } from 'holdfast'`: what backend code asks with. Loads no native code. */
export * from './client'
