/** `npm run cluster`: starts it, prints where everything is, and ends it all with SIGTERM or SIGINT. */
import { Command } from 'commander'
import { countOption } from '../../src/cli/options'
import { untilSignal } from '../../src/cli/signals'
import { type Cluster, startCluster } from './cluster'
import { ToolsMissingError } from './tools'

interface Options {
  workers: number
  gateways: number
  json?: boolean
}

const urlsOf = ({
  simulator,
  temporal,
  redis,
  postgresql,
  workers,
  gateways,
  folder,
  logFolder,
  configFile,
}: Cluster) => ({
  gateways: gateways.map(({ url }) => url),
  workerMetrics: workers.map(({ url }) => `${url}/metrics`),
  temporal: `127.0.0.1:${temporal.frontendPort}`,
  simulator: simulator.url,
  config: configFile,
  folder,
  logs: logFolder,
  pids: Object.fromEntries(
    [postgresql, redis, ...Object.values(temporal.roles), ...workers, ...gateways].map((one) => [
      one.name,
      one.pid(),
    ]),
  ),
})

async function run({ workers, gateways, json = false }: Options): Promise<void> {
  const signalled = untilSignal()
  const cluster = await startCluster({
    workers,
    gateways,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  })
  try {
    const urls = urlsOf(cluster)
    const lines = Object.entries(urls).map(
      ([name, value]) => `${name}: ${[value].flat().map(textOf).join(' ')}`,
    )
    process.stdout.write(json ? `${JSON.stringify(urls)}\n` : `${lines.join('\n')}\nCtrl-C ends all of it.\n`)
    await signalled
  } finally {
    await cluster.close()
  }
}

const textOf = (value: string | object): string =>
  typeof value === 'string'
    ? value
    : Object.entries(value)
        .map(([name, pid]) => `${name}=${pid}`)
        .join(' ')

new Command('cluster')
  .description('Temporal in four roles on PostgreSQL, Redis, workers, gateways and a simulator, on this host')
  .option('--workers <n>', 'how many', countOption, 3)
  .option('--gateways <n>', 'how many', countOption, 2)
  .option('--json', 'where everything is, as one line of JSON')
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    const known = error instanceof ToolsMissingError
    process.stderr.write(
      `cluster: ${known || !(error instanceof Error) ? String((error as Error).message) : error.stack}\n`,
    )
    process.exitCode = 1
  })
