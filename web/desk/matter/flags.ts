// What a person should look at in a file, in words.
import type { Attached } from '@/life'
import { lasting } from '@/time'
import { say } from './words'

export interface Flag {
  text: string
  matters: string[]
}

/** The flags of a file. */
export function flagsOf(file: Attached | undefined): Flag[] {
  return (file?.flags ?? []).map((it) => {
    if (it.kind === 'place_differs') return plain(say('flag_place', { n: it.off_m }))
    if (it.kind === 'datum_differs')
      return plain(say('flag_datum', { n: it.off_m, datum: it.datum }))
    if (it.kind === 'time_differs')
      return plain(say('flag_time', { time: lasting(Math.abs(it.off_ms)) }))
    const key = it.kind === 'looks_like' ? 'flag_like' : 'flag_used'
    return { text: say(key, { n: it.matters.length }), matters: it.matters }
  })
}

const plain = (text: string): Flag => ({ text, matters: [] })

export interface Check {
  isGood: boolean | null
  text: string
}

/** Whether the photo after was taken later than the one before. */
export function timeOrder(before: Attached | undefined, after: Attached | undefined): Check {
  const [first, last] = [before?.taken_at, after?.taken_at]
  if (!first || !last) return { isGood: null, text: say('order_unknown') }
  const isGood = last > first
  return { isGood, text: say(isGood ? 'order_ok' : 'order_wrong') }
}

/** Beyond this a photo is far from the place, in metres. */
const FAR_M = 30

/** How far a photo was taken from the place. */
export function distance(file: Attached | undefined): Check {
  const off_m = file?.off_m
  if (off_m === null || off_m === undefined) return { isGood: null, text: say('no_position') }
  return { isGood: off_m <= FAR_M, text: say('off', { n: off_m }) }
}
