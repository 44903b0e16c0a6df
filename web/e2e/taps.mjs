// What an act asks of a person, held against what it may ask, and told to whoever measures: a line
// of JSON each, on the output and in the file that BIHUAN_TAPS_FILE names.
import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'

/** The most taps or keys that an act may take; photos are not counted, nor is waiting. */
const AIMS = {
  ...{ capture: 4, fix_on_spot: 3, fix: 4, accept: 2, send_back: 3 },
  ...{ day_sheet: 1, call: 1 },
}

/** Tells what an act took, and fails where that is more than it may be. */
export function tell(what, { taps, keys, typed, screens }) {
  const aim = AIMS[what]
  const line = JSON.stringify({ what, taps: taps + keys, typed, screens, aim })
  console.log(line)
  const file = process.env.BIHUAN_TAPS_FILE
  if (file) appendFileSync(file, `${line}\n`)
  assert.ok(taps + keys <= aim, `too much is asked: ${line}`)
}
