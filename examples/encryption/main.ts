/**
 * Client and worker in one process, all payloads encrypted by a data key of a KMS. Beside a Temporal server (TEMPORAL_ADDRESS), in a
 * checkout: KMS_MASTER_KEY="$(openssl rand -base64 32)" npx jiti examples/encryption/main.ts
 */
import { createHoldfast } from 'holdfast/embedded'
import { kmsCodec } from './codec'
import { standInKms } from './kms'

async function main(): Promise<void> {
  // Here goes your KMS (README.md).
  const codec = kmsCodec(standInKms(Buffer.from(process.env.KMS_MASTER_KEY ?? '', 'base64')))
  // A worker without a data key could neither read nor report anything.
  await codec.ready()
  const holdfast = await createHoldfast({ dataConverter: { payloadCodecs: [codec] } })
  try {
    const { id, text } = await holdfast.generate({ prompt: 'Say hello' })
    process.stdout.write(`${JSON.stringify({ id, text })}\n`)
  } finally {
    await holdfast.close()
  }
}

main().catch((error) => {
  process.stderr.write(`${error}\n`)
  process.exitCode = 1
})
