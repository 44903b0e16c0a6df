// From the shutter to the shelf: a photo is small, named by its digest and kept before anything
// else happens with it.
import { sha256 } from '@/digest'
import { fromE7, fromGcj02, metres, type LonLat } from '@/geo'
import type { PhotoSent, Place } from '@/outbox/item'
import { clockAheadMs, now } from '@/time'
import { keeping, shelf } from '../device'
import { COARSE, shrink, SHARP } from './shrink'

/** A photo that was taken, and not yet handed over. */
export interface Shot {
  digest: string
  bytes: number
  slot: string
  taken_at: number
  taken_in: Place | null
  /** Whether the service has its bytes already, from somebody else's phone. */
  arrived?: boolean
}

/** Where a picture came from: the camera just now, or the store of the phone. */
export type From = 'camera' | 'gallery'

const GALLERY_FRESH_MS = 2 * 60_000

/** Keeps a photo. Its place is told only where it was just taken. */
export async function keepShot(
  file: Blob,
  slot: string,
  from: From,
  place: Place | null,
  coarse = false,
): Promise<Shot> {
  performance.mark('capture')
  const takenHere = from === 'gallery' ? modified(file) : Date.now()
  const isFresh = Date.now() - takenHere < GALLERY_FRESH_MS
  const small = await shrink(file, coarse ? COARSE : SHARP)
  const bytes = await small.arrayBuffer()
  const digest = await sha256(bytes)
  const kept = { digest, media: small.type || 'image/jpeg', bytes, kept_at: Date.now() }
  await keeping(() => shelf.value.keepPhoto(kept))
  performance.measure('capture-saved', 'capture')
  return {
    digest,
    bytes: bytes.byteLength,
    slot,
    taken_at: Math.round(
      isFresh ? now() - (Date.now() - takenHere) : takenHere + clockAheadMs(),
    ),
    taken_in: isFresh ? place : null,
  }
}

function modified(file: Blob): number {
  const at = file instanceof File ? file.lastModified : 0
  return at > 0 && at <= Date.now() ? at : Date.now()
}

/** As the outbox holds it. */
export function toSend(shot: Shot): PhotoSent {
  const { arrived, ...of } = shot
  return { ...of, url: null, offset: 0, state: arrived ? 'accepted' : 'waiting' }
}

/** As a command names it. */
export function declared(shot: Shot) {
  const { digest, slot, taken_at, taken_in } = shot
  return { digest, slot, taken_at, ...(taken_in ? { taken_in } : {}) }
}

/** How far from a place a photo was taken, in metres; none where that is not known. */
export function offMetres(at: LonLat, place: Place | null): number | null {
  if (!place) return null
  if (place.at) return Math.round(metres(at, fromE7(place.at)))
  if (!place.raw) return null
  const raw = fromE7(place.raw)
  return Math.round(metres(at, place.datum === 'gcj02' ? fromGcj02(raw) : raw))
}
