// From a draft to the commands that go out: the opening, and what was mended on the spot.
import type { CommandInput, Schemas, Text, Who } from '@/api/client'
import type { LonLat } from '@/geo'
import type { Item, Place } from '@/outbox/item'
import { packs, type Pack } from '@/realm'
import { freshId } from '../outbox'
import { now } from '@/time'
import { photoOf, restOf, spotsOf, afterSlot, type SpotKind } from './spot'
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
  /** Who mended it on the spot; none where nobody did. */
  spot: SpotKind | null
  /** The responsible person who mended it. */
  person: string | null
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

/** Who reports, and what this phone finds out about the place. */
export interface Reporter {
  who: Who
  roles: Set<string>
  where: Text | null
  /** The unit that answers for the place. */
  unit: string | null
}

/** The commands of a draft, in order: each waits for the receipt of the one before. */
export function reportItems(draft: Draft, pack: Pack, by: Reporter): Item[] {
  const matter = freshId()
  const spots = spotsOf(pack, by.roles)
  const slot = afterSlot(spots)
  const spot = draft.spot && spots[draft.spot]
  // What was taken goes along, even where nobody says who mended it.
  const after = draft.photos.filter((it) => !!spot && it.slot === slot)
  const before = draft.photos.filter((it) => !after.includes(it))
  const made: Made = {
    account: by.who.account,
    act: { zh: '上报', en: 'Report' },
    about: { pack: pack.id, class: draft.class, where: by.where },
  }
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
  const items = [itemOf(open, before, made)]
  if (!spot || after.length === 0) return items
  const add = (move: Move, photos: Shot[], more: object = {}) => {
    const body: CommandInput = {
      id: freshId(),
      matter,
      captured_at: Math.round(now()),
      command: { move: { id: move.id, files: photos.map(declared), ...more } },
    }
    items.push(itemOf(body, photos, { ...made, act: move.title }))
  }
  const theirs = draft.spot === 'theirs' ? { unit: by.unit, person: draft.person } : {}
  const rests = theirs.unit !== undefined && !!restOf(by.who, by.unit, draft.person)
  spot.first.forEach((move, n) =>
    // Where it rests before the acceptance, the photo of the mending goes along.
    add(move, rests && n === spot.first.length - 1 ? after : []),
  )
  if (!rests) add(spot.last, after, theirs)
  return items
}
