// A matter made through the API, for stories that begin where a unit is at work on it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { PLACE } from './browser.mjs'
import { photo } from './photo.mjs'

/** The unit that is at work, and whoever fixes there. */
export const UNIT = 'v01'
export const HANDLER = 'handler-v01'
const REPORTER = 'inspector-v01-1'

/** An id as the service wants it (UUIDv7). */
export const uuid = () => crypto.randomUUID().replace(/^(.{14})./, '$17')

let made = 0

/** Asks the API as an account. */
export const ask = async (town, account, method, path, body) =>
  town.ask(await town.token(account), method, path, body)

/** Sends a command about a matter as an account. */
export async function act(town, account, matter, command) {
  const sent = { id: uuid(), matter, command }
  const told = await ask(town, account, 'POST', '/api/v1/commands', sent)
  assert.equal(told.status, 200, JSON.stringify(told.body))
}

const HERE = { lon_e7: Math.round(PLACE.lon * 1e7), lat_e7: Math.round(PLACE.lat * 1e7) }

/** The id of a matter that is reported; `easel` is a page that draws its photo. */
export async function reported(town, easel, { by = REPORTER, code = '', at = HERE } = {}) {
  const matter = uuid()
  const now = (await ask(town, by, 'GET', '/api/v1/realm')).body.now
  const place = { at, datum: 'wgs84', source: 'gnss', accuracy_m: 8, at_ms: now }
  const digest = await upload(town, easel, by)
  const files = [{ digest, slot: 'before', taken_at: now - 60_000 }]
  const { body } = await ask(town, by, 'GET', '/api/v1/packs/sanitation')
  const open = {
    pack: 'sanitation',
    class: code || body.classes[0].code,
    source: 'patrol',
    title: '堆物',
  }
  await act(town, by, matter, { open: { ...open, place, files } })
  return matter
}

/** The id of a matter that the village is at work on. */
export async function rectifying(town, easel) {
  const matter = await reported(town, easel)
  await act(town, 'intake-1', matter, { move: { id: 'file' } })
  const form = { measure: '清运', standard: '见本色' }
  await act(town, 'dispatcher-1', matter, { move: { id: 'dispatch', unit: UNIT, form } })
  await act(town, HANDLER, matter, { move: { id: 'receive' } })
  return matter
}

/** The photo of the report, as a phone sends it; its digest. */
async function upload(town, easel, by) {
  made += 1
  const { buffer } = await photo(easel, { seed: 600 + made, at: Date.now(), ...PLACE })
  const digest = createHash('sha256').update(buffer).digest('hex')
  const headers = {
    authorization: `Bearer ${await town.token(by)}`,
    'tus-resumable': '1.0.0',
    'upload-length': String(buffer.length),
    'upload-metadata': `sha256 ${btoa(digest)}`,
    'content-type': 'application/offset+octet-stream',
  }
  const init = { method: 'POST', headers, body: buffer }
  const told = await fetch(`${town.base}/api/v1/uploads`, init)
  assert.equal(told.status, 201, await told.text())
  return digest
}
