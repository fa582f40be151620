/** Beside `npx holdfast up --demo`, in a checkout: npx jiti examples/backend/main.ts */
import { createHoldfast } from 'holdfast'
import { summariseTicket } from './summarise-ticket'

async function main(): Promise<void> {
  // One per process: it reads the config once, and holds the connection to Temporal.
  const holdfast = await createHoldfast()
  try {
    const ticket = { id: 'T-1017', revision: 1, text: 'The export button does nothing since Monday.' }
    process.stdout.write(`${JSON.stringify(await summariseTicket(holdfast, ticket))}\n`)
  } finally {
    await holdfast.close()
  }
}

void main()
