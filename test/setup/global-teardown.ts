/** After the last test: the shared server goes. Should this not run, it goes with the process. */
export default async function globalTeardown(): Promise<void> {
  await globalThis.holdfastTestServer?.stop()
}
