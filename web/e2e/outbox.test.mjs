// The outbox under torture, in short; `cargo xtask torture browser --full` is the long form.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { campaign, SHORT } from './torture.mjs'

const SEED = Number(process.env.PROPTEST_RNG_SEED ?? 20_210_416)

for (const worker of [true, false]) {
  const how = worker ? 'with' : 'without'
  test(`everything arrives once, ${how} a service worker (seed ${SEED})`, async () => {
    const told = await campaign({ seed: SEED, worker, ...SHORT })
    console.log(JSON.stringify({ did: told.did, network: told.network }))
    assert.deepEqual(told.lost, [])
    assert.equal(told.came, SHORT.reports, 'each came once')
    assert.equal(told.photos, SHORT.photos)
    assert.deepEqual(told.faults, [])
  })
}

test('an outbox that drops early loses something', async () => {
  const told = await campaign({ seed: SEED, control: true, ...SHORT })
  assert.ok(told.lost.length > 0, 'the control lost nothing')
})
