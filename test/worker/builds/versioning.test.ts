/** How a worker names its build. */
import { NativeConnection } from '@temporalio/worker'
import pino from 'pino'
import { versioningOf } from '../../../src/worker/builds/versioning'
import { ownTaskQueue, testServer } from '../../helpers/temporal'

let connection: NativeConnection
beforeAll(async () => {
  connection = await NativeConnection.connect({ address: testServer().address })
})
afterAll(() => connection.close())

const silent = pino({ level: 'silent' })

const of = (env: { [name: string]: string }, taskQueue = ownTaskQueue('versioning'), given = connection) =>
  versioningOf({
    env,
    connection: given,
    namespace: 'default',
    taskQueue,
    buildId: '0123456789ab',
    logger: silent,
  })

/** What Temporal answers, as far as workers ask it here. */
const answering = (describeWorkerDeployment: () => Promise<unknown>): NativeConnection =>
  Object.assign(Object.create(connection), { workflowService: { describeWorkerDeployment } })

const refusing = (code: number): NativeConnection =>
  answering(() => Promise.reject(Object.assign(new Error('refused'), { code })))

it('by its workflows, in a deployment that bears the name of the task queue', async () => {
  expect(await of({}, 'a.team:queue')).toEqual({
    type: 'own',
    deploymentName: 'a-team-queue',
    buildId: '0123456789ab',
    first: true,
  })
})

it("as Temporal's worker controller says, where it has set both variables", async () => {
  const env = { TEMPORAL_DEPLOYMENT_NAME: 'llm/holdfast', TEMPORAL_WORKER_BUILD_ID: 'v7' }
  expect(await of(env)).toEqual({ type: 'controlled', deploymentName: 'llm/holdfast', buildId: 'v7' })
})

it.each([{ TEMPORAL_DEPLOYMENT_NAME: 'llm' }, { TEMPORAL_WORKER_BUILD_ID: 'v7' }])(
  'one of the two variables alone is an error: %j',
  async (env) => {
    await expect(of(env)).rejects.toThrow(
      'Set both TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID, or neither',
    )
  },
)

it('not at all with HOLDFAST_VERSIONING=off, also beside a worker controller', async () => {
  const env = { TEMPORAL_DEPLOYMENT_NAME: 'llm', TEMPORAL_WORKER_BUILD_ID: 'v7', HOLDFAST_VERSIONING: 'off' }
  expect(await of(env)).toEqual({ type: 'off' })
})

it('another value of HOLDFAST_VERSIONING is an error', async () => {
  await expect(of({ HOLDFAST_VERSIONING: 'no' })).rejects.toThrow('write auto or off')
})

it.each([
  ['does not know deployments (UNIMPLEMENTED)', 12],
  ['does not allow them (PERMISSION_DENIED)', 7],
])('not at all on a server that %s', async (_, code) => {
  expect(await of({}, 'q', refusing(code))).toEqual({ type: 'off' })
})

it('a server that can not be called is an error (UNAVAILABLE)', async () => {
  await expect(of({}, 'q', refusing(14))).rejects.toThrow('refused')
})

it('HOLDFAST_VERSIONING=off is refused while new generations go to a build, and says how to end that', async () => {
  const routed = answering(async () => ({
    workerDeploymentInfo: { routingConfig: { currentDeploymentVersion: { buildId: 'fedcba987654' } } },
  }))
  await expect(of({ HOLDFAST_VERSIONING: 'off' }, 'q', routed)).rejects.toThrow(
    /build fedcba987654.*temporal worker deployment set-current-version --namespace default --deployment-name q --unversioned/,
  )
})
