// What a person has typed into the form of a move, kept for this window until it is sent.
import { reactive, watch } from 'vue'
import type { Schemas } from '@/api/client'

export interface PhotoDraft {
  file: Schemas['FileDecl']
  name: string
}

export interface Draft {
  unit: string
  person: string
  within: string
  form: Record<string, unknown>
  reason: string
  note: string
  checklist: number[]
  photos: PhotoDraft[]
}

const empty = (): Draft => ({
  unit: '',
  person: '',
  within: '',
  form: {},
  reason: '',
  note: '',
  checklist: [],
  photos: [],
})

/** The draft of one act on one matter; `begin` fills what nobody has typed yet. */
export function useDraft(matter: string, act: string, begin: Partial<Draft>) {
  const key = `bihuan.draft.${matter}.${act}`
  const kept = sessionStorage.getItem(key)
  const draft = reactive<Draft>({ ...empty(), ...begin, ...(kept ? JSON.parse(kept) : {}) })
  watch(draft, (it) => sessionStorage.setItem(key, JSON.stringify(it)))
  const forget = () => sessionStorage.removeItem(key)
  return { draft, forget }
}

/** The move that a draft says. */
export function moveInput(id: string, draft: Draft): Schemas['MoveInput'] {
  const input: Schemas['MoveInput'] = { id }
  const form = Object.entries(draft.form).filter(([, it]) => it !== '' && it !== null)
  if (draft.unit) input.unit = draft.unit
  if (draft.person) input.person = draft.person
  if (draft.within) input.within = draft.within
  if (form.length) input.form = Object.fromEntries(form)
  if (draft.reason.trim()) input.reason = draft.reason.trim()
  if (draft.note.trim()) input.note = draft.note.trim()
  if (draft.checklist.length) input.checklist = [...draft.checklist].sort((a, b) => a - b)
  if (draft.photos.length) input.files = draft.photos.map((it) => it.file)
  return input
}
