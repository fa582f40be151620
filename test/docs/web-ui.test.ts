/** docs/web-ui.md: its queries find what it says, and its pictures are made by the script. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { until } from '../helpers/processes'
import { holdfastError, type Stack, startStack, twoProviders } from '../helpers/stack'

const TOP = path.resolve(__dirname, '..', '..')
const page = readFileSync(path.join(TOP, 'docs', 'web-ui.md'), 'utf8')
const queries = [...page.matchAll(/```sql\n(.+)\n```/g)].map(([, query = '']) => query)

it('every picture is there, and is one that the script makes', () => {
  const pictures = [...page.matchAll(/\]\((images\/[\w-]+\.png)\)/g)].map(([, file = '']) => file)
  expect(pictures.length).toBeGreaterThanOrEqual(5)
  const script = readFileSync(path.join(TOP, 'scripts', 'screenshots.mjs'), 'utf8')
  for (const picture of pictures) {
    expect(existsSync(path.join(TOP, 'docs', picture))).toBe(true)
    expect(script).toContain(`name: '${path.basename(picture, '.png')}'`)
  }
})

describe('its five queries', () => {
  let stack: Stack
  const ids = { pastALimit: '', failed: '', waiting: '' }
  beforeAll(async () => {
    const priced = 'models: { beta/model-b: { inputPerMillion: 3, outputPerMillion: 15 } }'
    const waits = 'waits: { candidates: [alpha/model-a], passes: 2, deadline: 10m }'
    stack = await startStack({ config: (url) => `${twoProviders(url)}\n  ${waits}\n${priced}\n` })
    const { simulator, holdfast } = stack
    simulator.script('alpha', [{ status: 429, retryAfter: '60' }])
    simulator.script('beta', [{ answer: 'answered', latency: '50ms', times: 1 }, { status: 503 }])
    ids.pastALimit = (await holdfast.generate({ prompt: 'past a limit' })).id
    ids.failed = (await holdfastError(holdfast.generate({ prompt: 'nobody' }))).generationId ?? ''
    ids.waiting = (await holdfast.start({ route: 'waits', prompt: 'waits' })).id
  }, 60_000)
  afterAll(async () => {
    await stack.client.workflow.getHandle(ids.waiting).terminate()
    await stack.close()
  })

  async function found(query: string): Promise<string[]> {
    const here = `TaskQueue = '${stack.taskQueue}' AND (${query})`
    const listed: string[] = []
    for await (const { workflowId } of stack.client.workflow.list({ query: here })) listed.push(workflowId)
    return listed.sort()
  }

  it('there are five', () => {
    expect(queries).toHaveLength(5)
  })

  it.each([
    [0, 'pastALimit'],
    [1, 'failed'],
    [2, 'waiting'],
    [3, 'pastALimit'],
    [4, 'pastALimit'],
  ] as const)('number %i finds the one that is %s, and no other', async (number, name) => {
    // What is dear, slow or long ago differs here.
    const query = (queries[number] ?? '')
      .replace(/> \d+/, '> 1')
      .replace(/StartTime < '[^']+'/, `StartTime < '${new Date(Date.now() + 60_000).toISOString()}'`)
    await until(query, async () => (await found(query)).length > 0, 10_000)
    expect(await found(query)).toEqual([ids[name]])
  })
})
