// One report from the shutter to the outbox.
import { computed, ref, shallowRef, watch } from 'vue'
import { fromE7 } from '@/geo'
import { packs } from '@/realm'
import { day, now } from '@/time'
import { full, online, shelf } from '../device'
import { me, roles } from '../identity'
import { draftKept, clearDraft, draft } from './draft'
import { enqueue } from '../outbox'
import { areas, points, type NamedPoint } from '../rules'
import { areaTitle, groundAt, suggested } from './ground'
import type { Reading } from './locate'
import { locate, noReading, reading, readingNow, usePosition } from './position'
import { near, type Near } from './near'
import { used } from './recent'
import * as report from './report'
import { afterSlot, colleaguesOf, isElsewhere, restOf, spotsOf } from './spot'
import { keepShot, type From } from './take'

/** A place that comes so soon after the shutter is that of the photo. */
const SOON_MS = 25_000

/** Everything that the capture page shows and does. */
export function useReport() {
  const saving = ref(0)
  const broken = ref(0)
  /** What could not be kept for want of room; shown, and kept again coarser. */
  const unkept = shallowRef<{ file: Blob; slot: string; from: From }[]>([])
  const alike = shallowRef<Near[]>([])
  const handed = ref('')
  /** Where this phone is at this moment, before any photo. */
  const standing = computed(() => {
    const it = reading.value
    if (!it || areas.value.length === 0) return null
    return { reading: it, ground: groundAt(it.at) }
  })

  const choices = computed(() => report.packsFor(roles.value))
  const pack = computed(() => packs.value.get(draft.pack) || null)
  const classes = computed(() => (pack.value ? report.classesOf(pack.value, day(now())) : []))
  const spots = computed(() => (pack.value ? spotsOf(pack.value, roles.value) : {}))
  const spot = computed(() => (draft.spot && spots.value[draft.spot]) || null)
  const slot = computed(() => (pack.value ? report.firstSlot(pack.value) : 'before'))
  const after = computed(() => {
    const of = afterSlot(spots.value)
    return draft.photos.filter((it) => it.slot === of)
  })
  const before = computed(() => draft.photos.filter((it) => !after.value.includes(it)))
  const point = computed(() => points.value.find((it) => it.id === draft.point) || null)
  const ground = computed(() => {
    // Areas and points may come after the place.
    if (!draft.at || areas.value.length + points.value.length === 0) return null
    const it = groundAt(draft.at)
    return { ...it, point: draft.pointChosen ? point.value : it.point }
  })
  const responsible = computed(() => {
    if (!pack.value) return null
    const here = ground.value || {
      grid: null,
      unit: point.value ? point.value.unit : null,
      point: point.value,
      point_m: 0,
    }
    return suggested(pack.value, draft.class, here)
  })
  /** Who may have mended it, whoever answers for the place first. */
  const colleagues = computed(() => colleaguesOf(responsible.value, draft))
  /** Why it rests before the acceptance, where others mended it. */
  const rest = computed(() =>
    me.value && draft.spot === 'theirs'
      ? restOf(me.value, responsible.value, draft.person)
      : null,
  )
  /** What is still missing, as keys of words. */
  const missing = computed(() => {
    const list: ('photo' | 'class' | 'place' | 'after' | 'here' | 'unit' | 'person')[] = []
    const mended = spot.value
    if (mended && after.value.length === 0) list.push('after')
    else if (mended && after.value.some((it) => isElsewhere(mended, it, draft)))
      list.push('here')
    if (draft.spot === 'theirs' && !responsible.value) list.push('unit')
    if (draft.spot === 'theirs' && !rest.value && !draft.person) list.push('person')
    if (before.value.length === 0) list.push('photo')
    if (!draft.class) list.push('class')
    if (!draft.place && !draft.point) list.push('place')
    return list
  })

  watch(
    [choices, () => draft.pack],
    () => {
      if (!pack.value && choices.value[0]) draft.pack = choices.value[0].id
      const fits = pack.value && pack.value.sources.some((it) => it.id === draft.source)
      if (pack.value && !fits) draft.source = report.usualSource(pack.value, roles.value)
    },
    { immediate: true },
  )
  watch(ground, (it) => {
    if (it && !draft.pointChosen) draft.point = it.point ? it.point.id : null
  })
  watch(
    () => [draft.at, draft.class, draft.pack, online.value] as const,
    async ([at, code, id]) => {
      alike.value = at && code ? await near(at, id, code) : []
    },
    { deep: true, immediate: true },
  )

  watch(
    () => [draft.spot, colleagues.value] as const,
    ([kind, list]) => {
      const fits = list.some((it) => it.id === draft.person)
      if (kind !== 'theirs') draft.person = null
      else if (!fits) draft.person = list[0] ? list[0].id : null
    },
  )

  usePosition()
  watch(reading, (it) => {
    if (!it) return
    // The first reading after the photo, or a much better one, becomes the place of the report.
    const known = draft.place ? draft.place.accuracy_m || 1e6 : Infinity
    if (draft.photos.length > 0 && !draft.place) setPlace(it)
    else if (draft.place && (it.place.accuracy_m || 1e6) < known / 2 && isNew()) setPlace(it)
  })
  const isNew = () => {
    const first = before.value[0]
    return !!first && now() - first.taken_at < 60_000
  }
  function setPlace(it: Reading): void {
    draft.place = it.place
    draft.at = it.at
  }
  /** Keeps photos; the place is asked for at the shutter and waited for beside. */
  async function took(files: Blob[], from: From, which: string): Promise<void> {
    broken.value = 0
    const known = readingNow()
    const asked = known ? null : locate()
    for (const file of files) await keepOne(file, which, from, known && known.place, false)
    const it = await asked
    if (!it) return
    if (!draft.place) setPlace(it)
    for (const shot of draft.photos) {
      const isFresh = now() - shot.taken_at < SOON_MS
      if (!shot.taken_in && isFresh && from === 'camera') shot.taken_in = it.place
    }
  }

  async function keepOne(
    file: Blob,
    which: string,
    from: From,
    place: Reading['place'] | null,
    coarse: boolean,
  ): Promise<void> {
    saving.value += 1
    try {
      let shot
      try {
        shot = await keepShot(file, which, from, place, coarse)
      } catch (error) {
        // Copies of the service's photos make room first.
        if (!full.value) throw error
        await shelf.value.erase('picture:')
        shot = await keepShot(file, which, from, place, coarse)
      }
      const { digest, slot: of } = shot
      if (!draft.photos.some((it) => it.digest === digest && it.slot === of))
        draft.photos.push(shot)
      const here = readingNow()
      if (here && !draft.place) setPlace(here)
    } catch {
      if (full.value) unkept.value = [...unkept.value, { file, slot: which, from }]
      else broken.value += 1
    } finally {
      saving.value -= 1
    }
  }

  /** Tries what found no room again, smaller. */
  async function keepCoarser(): Promise<void> {
    const again = unkept.value
    unkept.value = []
    const here = readingNow()
    const place = here && here.place
    for (const it of again) await keepOne(it.file, it.slot, it.from, place, true)
  }

  function drop(digest: string, of: string): void {
    const at = draft.photos.findIndex((it) => it.digest === digest && it.slot === of)
    if (at >= 0) draft.photos.splice(at, 1)
  }

  function choosePoint(it: NamedPoint | null): void {
    draft.pointChosen = true
    draft.point = it ? it.id : null
    if (!it || draft.place) return
    // Without a reading, the point itself is the place.
    draft.at = fromE7(it.at)
    const at_ms = Math.round(now())
    draft.place = { at: it.at, datum: 'wgs84', source: 'point', accuracy_m: 0, at_ms }
  }

  /** Into the outbox, with everything that belongs to it. */
  async function submit(): Promise<void> {
    if (!pack.value || !me.value || missing.value.length > 0) return
    const at = point.value ? point.value.title : areaTitle(ground.value && ground.value.grid)
    const plain = JSON.parse(JSON.stringify(draft)) as report.Draft
    const made = report.reportItems(plain, pack.value, {
      who: me.value,
      roles: roles.value,
      where: at,
      unit: responsible.value,
    })
    await draftKept()
    await enqueue(made, report.draftKey(me.value.account))
    used(draft.pack, draft.class || '')
    handed.value = made[0] ? made[0].matter : ''
    clearDraft()
  }

  return {
    ...{
      why: noReading,
      saving,
      broken,
      unkept,
      alike,
      handed,
      choices,
      pack,
      classes,
      spots,
      spot,
      slot,
      colleagues,
      rest,
    },
    ...{ before, after, ground, responsible, missing, locate, took, keepCoarser, drop },
    ...{ choosePoint, submit, standing },
  }
}
