/** Where a server's settings can not be looked at. With servers: test/long/doctor-settings. */
import { isCloud } from '../../src/doctor/settings-checks'

it('Temporal Cloud is known by its addresses', () => {
  expect(['ns.acct.tmprl.cloud:7233', 'us-west-2.aws.api.temporal.io:7233'].map(isCloud)).toEqual([
    true,
    true,
  ])
  expect(['temporal:7233', '127.0.0.1:7233', 'tmprl.cloud.example.org:7233'].map(isCloud)).toEqual([
    false,
    false,
    false,
  ])
})
