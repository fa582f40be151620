/**
 * Which step a call gets. The target's own script wins over its provider's; each entry counts its own calls.
 */
import type { Step } from './script'

export interface Assignment {
  step: Step
  /** The script entry it came from, null for the default answer. */
  script: string | null
  /** The step's place in that entry, from 0. */
  index: number | null
}

interface Entry {
  steps: Step[]
  index: number
  /** How often the current step was given. */
  given: number
}

const DEFAULT: Assignment = { step: {}, script: null, index: null }

export interface ScriptBook {
  set(target: string, steps: Step[]): void
  next(provider: string, model: string): Assignment
  /** Names of the entries. */
  targets(): string[]
  clear(): void
}

export function createScriptBook(): ScriptBook {
  const entries = new Map<string, Entry>()

  const take = (name: string, entry: Entry): Assignment => {
    const step = entry.steps[entry.index]
    if (step === undefined) return DEFAULT
    const isLast = entry.index === entry.steps.length - 1
    const limit = step.times ?? (isLast ? Number.POSITIVE_INFINITY : 1)
    const assignment = { step, script: name, index: entry.index }
    entry.given += 1
    if (entry.given >= limit) {
      entry.index += 1
      entry.given = 0
    }
    return assignment
  }

  return {
    set(target, steps) {
      if (steps.length === 0) entries.delete(target)
      else entries.set(target, { steps, index: 0, given: 0 })
    },
    next(provider, model) {
      for (const name of [`${provider}/${model}`, provider]) {
        const entry = entries.get(name)
        if (entry) return take(name, entry)
      }
      return DEFAULT
    },
    targets: () => [...entries.keys()],
    clear: () => entries.clear(),
  }
}
