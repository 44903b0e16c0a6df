// The draft of a report: kept at each change, so that neither a reload nor a kill loses it.
import { reactive, ref, watch } from 'vue'
import { packs } from '@/realm'
import { busyWith } from '../busy'
import { shelf } from '../device'
import { me } from '../identity'
import { draftKey, type Draft } from './report'

const blank = (): Draft => ({
  photos: [],
  pack: '',
  class: null,
  source: '',
  title: '',
  place: null,
  at: null,
  point: null,
  pointChosen: false,
  spot: null,
  person: null,
})

export const draft = reactive<Draft>(blank())
/** Whether a draft of an earlier visit was taken up. */
export const recovered = ref(false)

const key = () => draftKey(me.value ? me.value.account : '')

let loaded = false

/** Takes up what was left. */
export async function loadDraft(): Promise<void> {
  if (loaded) return
  loaded = true
  const kept = await shelf.value.read<Draft>(key())
  if (kept && kept.photos && kept.photos.length > 0) {
    Object.assign(draft, blank(), kept)
    if (!packs.value.has(draft.pack)) draft.pack = ''
    recovered.value = true
  }
  watch(draft, save, { deep: true })
  busyWith('draft', draft.photos.length > 0)
}

let saving: Promise<void> = Promise.resolve()

function save(): void {
  const now = JSON.parse(JSON.stringify(draft)) as Draft
  busyWith('draft', now.photos.length > 0)
  const write = () =>
    now.photos.length > 0 ? shelf.value.write(key(), now) : shelf.value.erase(key())
  saving = saving.then(write).catch(() => undefined)
}

/** Begins anew; pack and source stay as they were chosen. */
export function clearDraft(): void {
  const { pack, source } = draft
  Object.assign(draft, blank(), { pack, source })
  recovered.value = false
}

/** Waits until the draft is kept as it stands. */
export const draftKept = () => saving
