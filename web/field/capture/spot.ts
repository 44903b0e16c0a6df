// What was mended while whoever reports stood there. Two acts that must not be mixed up: the
// responsible person mended it and whoever reports looked on (立行立改, an acceptance by another
// party), or whoever reports mended it alone (自行处置, which is never an acceptance).
import { units, type Pack } from '@/realm'
import type { Schemas, Who } from '@/api/client'
import { fromE7, metres } from '@/geo'
import { points } from '../rules'
import type { Draft } from './report'
import { offMetres, type Shot } from './take'

type Move = Schemas['Move']
type Stage = Schemas['Stage']

/** Who mended it. */
export type SpotKind = 'theirs' | 'mine'

/** A way from the report to where the mending ends. */
export interface Spot {
  /** Moves that come first and that the photos of the report are enough for. */
  first: Move[]
  last: Move
  /** The slot of the photo that is taken after the mending. */
  slot: string
  near_m: number | null
}

interface PhotoNeed {
  slot: string
  near_m?: number | null
  later_than?: string | null
}

/** The photo that a need asks for. */
export const photoOf = (need: unknown): PhotoNeed | null =>
  need && typeof need === 'object' && 'photo' in need
    ? (need as { photo: PhotoNeed }).photo
    : null

const isBefore = (need: unknown): boolean => {
  const photo = photoOf(need)
  return !!photo && !photo.later_than && !photo.near_m
}

/** A last move, where the phone can give all that it asks for. */
function lastOf(move: Move, given: string[], first: Move[]): Spot | null {
  const others = move.needs.filter((it) => !photoOf(it))
  if (!others.every((it) => typeof it === 'string' && given.includes(it))) return null
  const after = move.needs.map(photoOf).find((it) => !!it && !!it.later_than)
  return after ? { first, last: move, slot: after.slot, near_m: after.near_m || null } : null
}

/** The ways that a pack leaves open to somebody with these roles. */
export function spotsOf(pack: Pack, roles: Set<string>): Partial<Record<SpotKind, Spot>> {
  const found: Partial<Record<SpotKind, Spot>> = {}
  const reached = new Set<string>()
  const isMine = (move: Move) => move.by.some((it) => roles.has(it))
  const look = (stage: Stage | undefined, first: Move[]): void => {
    if (!stage || reached.has(stage.id)) return
    reached.add(stage.id)
    const own = stage.moves.filter(isMine)
    for (const move of own) {
      // Alone it is mended before anybody is made responsible.
      const mine = first.length === 0 && move.act === 'self_handle' && lastOf(move, [], first)
      if (mine) found.mine = found.mine || mine
      const theirs = move.act === 'fix_on_spot' && lastOf(move, ['unit', 'person'], first)
      if (theirs) found.theirs = found.theirs || theirs
    }
    for (const move of own) {
      if (!['advance', 'file'].includes(move.act) || !move.needs.every(isBefore)) continue
      look(
        pack.stages.find((it) => it.id === move.to),
        [...first, move],
      )
    }
  }
  look(
    pack.stages.find((it) => it.is === 'opened'),
    [],
  )
  return found
}

/** The slot of photos that are taken after the mending; none where nothing is mended here. */
export function afterSlot(spots: Partial<Record<SpotKind, Spot>>): string | null {
  const any = spots.theirs || spots.mine
  return any ? any.slot : null
}

function isWithin(unit: string, top: string): boolean {
  for (let id: string | null | undefined = unit; id;) {
    if (id === top) return true
    const here = units.value.get(id)
    id = here ? here.parent : null
  }
  return false
}

/** Why a report with a mending by others rests before the acceptance; none where it does not. */
export type Rest = 'same_party' | 'nobody'

/**
 * Whether whoever reports may accept what a unit did. By law (`party.rs`), enforced by the service,
 * neither the person nor a unit that employs that person is of those who took part. The phone asks
 * only to choose how far the report goes; what it gets wrong is refused there.
 */
export function restOf(who: Who, unit: string | null, person: string | null): Rest | null {
  if (!unit) return null
  const isEmployed = who.grants.some((it) => isWithin(it.unit, unit))
  if (isEmployed || who.person === person) return 'same_party'
  return colleaguesOf(unit, null).length === 0 ? 'nobody' : null
}

/** A person who answers for points of a unit. */
export interface Colleague {
  id: string
  name: string
}

/** Who may have mended it, whoever answers for this place first. */
export function colleaguesOf(unit: string | null, draft: Draft | null): Colleague[] {
  if (!unit) return []
  const { at, point } = draft || { at: null, point: null }
  const far = (it: { at: { lon_e7: number; lat_e7: number } }) =>
    at ? metres(at, fromE7(it.at)) : 0
  const own = points.value.filter((it) => it.person && isWithin(it.unit, unit))
  const near = own.map((it) => ({ it, m: it.id === point ? -1 : far(it) }))
  near.sort((a, b) => a.m - b.m)
  const found = new Map<string, Colleague>()
  for (const { it } of near) {
    const { id, name } = it.person!
    if (name && !found.has(id)) found.set(id, { id, name })
  }
  return Array.from(found.values())
}

/** Whether a photo proves nothing about the place: no position, or too far from it. */
export function isElsewhere(spot: Spot, shot: Shot, draft: Draft): boolean {
  if (spot.near_m === null || !draft.at) return false
  const off = offMetres(draft.at, shot.taken_in)
  return off === null || off > spot.near_m
}
