// A config as a program: `holdfast check --config holdfast.config.ts`. In your own project the import is
// `import { defineConfig } from 'holdfast'`.
import { defineConfig } from '../../src/config/define'

const regions = ['eu', 'us'] as const

export default defineConfig({
  providers: Object.fromEntries(
    regions.map((region) => [
      `azure-${region}`,
      {
        api: 'openai-chat' as const,
        baseUrl: `https://my-${region}.openai.azure.com/openai/v1`,
        auth: 'header:api-key' as const,
        apiKeyEnv: `AZURE_${region.toUpperCase()}_KEY`,
      },
    ]),
  ),
  routes: {
    default: { candidates: regions.map((region) => `azure-${region}/chat`) },
  },
})
