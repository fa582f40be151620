/** Yours. Holdfast's stand beside them. */
export async function greet(name: string): Promise<string> {
  return `Welcome, ${name}`
}
