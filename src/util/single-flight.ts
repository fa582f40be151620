/** Calls of one name that are under way at once are one call: who comes while it runs gets its end. */
export function createSingleFlight<T>(): (name: string, act: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>()
  return (name, act) => {
    const call = underWay.get(name) ?? act().finally(() => underWay.delete(name))
    underWay.set(name, call)
    return call
  }
}
