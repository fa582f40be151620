/** `import { createHoldfast } from 'holdfast'`: for backend code. Loads no native code. */
export * from './client'
