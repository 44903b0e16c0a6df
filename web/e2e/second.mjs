// Acceptances that are drawn for a second look: with every one of them drawn, some are made.
import assert from 'node:assert/strict'
import { act, ask } from './matter.mjs'

/** Who may look again at what the town's squad accepted: they work for another unit. */
const OTHERS = ['squad-district', ...[1, 2].map((it) => `acceptor-district-${it}`)]
/** How often something that a job does is asked for, and how long between, in milliseconds. */
const ASKED_MAX = 300
const BETWEEN_MS = 100

/** Waits until something holds that a job of the service brings about. */
export async function until(holds) {
  for (let n = 0; !(await holds()); n += 1) {
    if (n > ASKED_MAX) throw new Error('it did not come about')
    await new Promise((done) => setTimeout(done, BETWEEN_MS))
  }
}

/** What waits for the second look of an account. */
export async function looksOf(town, account) {
  const told = await ask(town, account, 'GET', '/api/v1/second-looks')
  assert.equal(told.status, 200, JSON.stringify(told.body))
  return told.body.rows
}

/**
 * Has `acceptor-1` accept so many matters and each of them drawn; told as the looks that wait,
 * each with the account that it waits for. The service is started again, since it draws then.
 */
export async function drawn(town, count) {
  const settings = { second_look_percent: '100' }
  const set = await ask(town, 'administrator-district', 'PUT', '/api/v1/settings', { settings })
  assert.equal(set.status, 200, JSON.stringify(set.body))
  const query = `whose=unit&meaning=declared&days=365&limit=${count}`
  const due = await ask(town, 'acceptor-1', 'GET', `/api/v1/due?${query}`)
  assert.equal(due.body.rows.length, count)
  const accept = { move: { id: 'accept', checklist: [0, 1, 2] } }
  for (const it of due.body.rows) await act(town, 'acceptor-1', it.id, accept)
  await town.stop()
  await town.start()
  let looks = []
  await until(async () => {
    const rows = OTHERS.map((account) =>
      looksOf(town, account).then((of) => of.map((it) => ({ ...it, account }))),
    )
    looks = (await Promise.all(rows)).flat()
    return looks.length >= count
  })
  return looks
}
