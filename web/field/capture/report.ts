// From a draft to the commands that go out: the opening, and what was mended on the spot.
import type { CommandInput, Schemas, Text } from '@/api/client'
import type { LonLat } from '@/geo'
import type { Item, Place } from '@/outbox/item'
import { packs, type Pack } from '@/realm'
import { freshId } from '../outbox'
import { now } from '@/time'
import { declared, toSend, type Shot } from './take'

export type Class = Schemas['Class']
type Move = Schemas['Move']

/** What is being captured; kept at every change, so that it survives a reload. */
export interface Draft {
  photos: Shot[]
  pack: string
  class: string | null
  source: string
  title: string
  place: Place | null
  at: LonLat | null
  /** The named point; a person may have chosen another than the nearest. */
  point: string | null
  pointChosen: boolean
}

/** Where the draft of a person is kept; nobody else on this device sees it. */
export const draftKey = (account: string) => `draft:capture:${account}`

/** Packs in which somebody with these roles reports on a phone. */
export function packsFor(roles: Set<string>): Pack[] {
  const opens = (pack: Pack) =>
    pack.place.kind === 'point' &&
    pack.roles.some((it) => roles.has(it.id) && it.surfaces.includes('field'))
  const all = Array.from(packs.value.values()).filter(opens)
  // The pack that knows most of the caller's roles comes first.
  const knows = (pack: Pack) => pack.roles.filter((it) => roles.has(it.id)).length
  return all.sort((a, b) => knows(b) - knows(a) || classCount(b) - classCount(a))
}

const classCount = (pack: Pack) => pack.classes.length

/** Words by which a source is known to be that of a role, where their keys differ. */
const SOURCE_OF_ROLE: Record<string, string[]> = {
  inspector: ['patrol', 'inspection'],
  squad: ['squad'],
  leader: ['leader'],
  acceptor: ['squad', 'recheck'],
  handler: ['self'],
  unit_head: ['self'],
  crew: ['crew', 'self'],
}

/** The source that fits whoever reports. */
export function usualSource(pack: Pack, roles: Set<string>): string {
  const has = (id: string) => pack.sources.some((it) => it.id === id)
  for (const role of Array.from(roles)) {
    if (has(role)) return role
    const found = (SOURCE_OF_ROLE[role] || []).find(has)
    if (found) return found
  }
  return pack.sources[0] ? pack.sources[0].id : ''
}

/** Classes that may be reported today. */
export function classesOf(pack: Pack, today: string): Class[] {
  return pack.classes.filter(
    (it) => (!it.valid_from || it.valid_from <= today) && (!it.valid_to || today < it.valid_to),
  )
}

function opened(pack: Pack) {
  return pack.stages.find((it) => it.is === 'opened')
}

interface PhotoNeed {
  slot: string
  later_than?: string | null
}

const photoOf = (need: unknown): PhotoNeed | null =>
  need && typeof need === 'object' && 'photo' in need
    ? (need as { photo: PhotoNeed }).photo
    : null

/** The slot of the first photo, as the moves of the first stage name it. */
export function firstSlot(pack: Pack): string {
  const stage = opened(pack)
  for (const move of stage ? stage.moves : []) {
    for (const need of move.needs) {
      const photo = photoOf(need)
      if (photo && !photo.later_than) return photo.slot
    }
  }
  return 'before'
}

/** The move by which somebody who reports may mend it on the spot: photos are all it needs. */
export function spotMove(pack: Pack, roles: Set<string>): { move: Move; slot: string } | null {
  const stage = opened(pack)
  for (const move of stage ? stage.moves : []) {
    if (!['self_handle', 'fix_on_spot'].includes(move.act)) continue
    if (!move.by.some((it) => roles.has(it))) continue
    const photos = move.needs.map(photoOf)
    if (photos.some((it) => it === null)) continue
    const after = photos.find((it) => it && it.later_than)
    if (after) return { move, slot: after.slot }
  }
  return null
}

interface Made {
  account: string
  act: Text
  about: Item['about']
}

/** An item around a command. */
export function itemOf(body: CommandInput, photos: Shot[], made: Made): Item {
  return {
    ...made,
    id: body.id,
    matter: body.matter,
    body,
    photos: photos.map(toSend),
    made_at: Date.now(),
    state: 'waiting',
    tries: 0,
    next_try_at: 0,
    last: null,
    problem: null,
    receipt: null,
    sent_at: null,
  }
}

/** The commands of a draft, in order. */
export function reportItems(
  draft: Draft,
  pack: Pack,
  roles: Set<string>,
  account: string,
  where: Text | null,
): Item[] {
  const matter = freshId()
  const spot = spotMove(pack, roles)
  const after = draft.photos.filter((it) => spot && it.slot === spot.slot)
  const before = draft.photos.filter((it) => !after.includes(it))
  const about = { pack: pack.id, class: draft.class, where }
  const first = before[0]
  const open: CommandInput = {
    id: freshId(),
    matter,
    captured_at: Math.round(first ? first.taken_at : now()),
    ...(draft.place ? { captured_in: draft.place } : {}),
    command: {
      open: {
        pack: pack.id,
        class: draft.class || '',
        source: draft.source,
        title: draft.title.trim(),
        ...(draft.place ? { place: draft.place } : {}),
        ...(draft.point ? { point: draft.point } : {}),
        files: before.map(declared),
      },
    },
  }
  const act = { zh: '上报', en: 'Report' }
  const items = [itemOf(open, before, { account, act, about })]
  if (spot && after.length > 0) {
    const move: CommandInput = {
      id: freshId(),
      matter,
      captured_at: Math.round(now()),
      command: { move: { id: spot.move.id, files: after.map(declared) } },
    }
    items.push(itemOf(move, after, { account, act: spot.move.title, about }))
  }
  return items
}
