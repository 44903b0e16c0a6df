// What a person may do with a matter on this phone: by the service's word, or, behind a step that
// still waits to be sent, by the pack.
import type { CommandInput, Schemas, Text } from '@/api/client'
import type { Item, Place } from '@/outbox/item'
import { advice, words } from '@/language'
import type { Pack } from '@/realm'
import { newId } from '@/id'
import { now } from '@/time'
import { declared, type Shot } from '../capture/take'
import { itemOf } from '../capture/report'
import { freshId } from '../outbox'
import type { Task } from './list'
import { packOf, stateOf, type MatterState, type Move, type Need, type Stage } from './matter'

/** An act that is offered, or not, and why. */
export interface Offer {
  id: string
  title: Text
  needs: Need[]
  reasons: { id: string; title: Text }[]
  act: string
  allowed: boolean
  why: string
  kind: 'move' | 'kept' | 'rebounded' | 'note' | 'urge' | 'extend' | 'supervise'
}

/** The stage that a matter stands in once everything here has arrived. */
export function stageAhead(state: MatterState, waiting: Item[]): Stage | undefined {
  const pack = packOf(state)
  if (!pack) return undefined
  const find = (id: string) => pack.stages.find((it) => it.id === id)
  let stage = find(state.standing.stage)
  for (const it of waiting) {
    const { command } = it.body
    if (typeof command !== 'object' || !('move' in command) || !stage) continue
    const made = stage.moves.find((move) => move.id === command.move.id)
    if (made) stage = find(made.to)
  }
  return stage
}

/** Names of roles, as the pack has them. */
export function roleNames(pack: Pack, ids: string[]): string {
  const name = (id: string) => {
    const role = pack.roles.find((it) => it.id === id)
    return role ? words(role.title) : id
  }
  return ids.map(name).join('、')
}

/** Every act of the stage, the allowed ones first. */
export function offers(
  task: Task,
  waiting: Item[],
  roles: Set<string>,
  onlyRoles: (names: string) => string,
): Offer[] {
  const state = stateOf(task)
  const pack = packOf(state)
  const stage = stageAhead(state, waiting)
  if (!pack || !stage) return []
  const moves = stage.moves.map((it) => {
    const told = waiting.length ? undefined : task.life.acts.find((one) => one.id === it.id)
    const mine = it.by.some((role) => roles.has(role))
    const allowed = mine && (!told || told.allowed)
    const problem = told && told.problem
    const isOwn = mine && problem && problem.code !== 'missing'
    const why = allowed ? '' : isOwn ? advice(problem) : onlyRoles(roleNames(pack, it.by))
    return { ...fromMove(it), allowed, why }
  })
  const all = [...moves, ...besides(pack, stage, roles)]
  return all.sort((a, b) => Number(b.allowed) - Number(a.allowed))
}

function fromMove(it: Move): Omit<Offer, 'allowed' | 'why'> {
  const { id, title, needs, reasons, act } = it
  return { id, title, needs, reasons, act, kind: 'move' }
}

/** What came by a link, as a declaration takes it: photos that the service has already. */
export function filledBy(proposal: Schemas['ProposalShown'], slot: string): Filled {
  const photos = proposal.photos.map((it) => ({
    ...{ digest: it.digest, bytes: 0, slot, arrived: true },
    ...{ taken_at: it.taken_at || 0, taken_in: it.taken_in || null },
  }))
  const fields = { measure_done: proposal.measure_done || '' }
  return { ...blankFilled(), photos, fields }
}

const LEVELS = [
  { id: 'blue', title: { zh: '蓝色督办', en: 'Blue' } },
  { id: 'yellow', title: { zh: '黄色督办', en: 'Yellow' } },
  { id: 'red', title: { zh: '红色督办', en: 'Red' } },
]

/** Looking back, urging, supervising and noting, for those who may. */
function besides(pack: Pack, stage: Stage, roles: Set<string>): Offer[] {
  const list: Offer[] = []
  const has = (ids: string[]) => ids.some((it) => roles.has(it))
  const base = { reasons: [], allowed: true, why: '' }
  if (['closed', 'self_handled'].includes(stage.is) && has(pack.after.recheck)) {
    const photo = { photo: { slot: 'check', count: 1 } } as Need
    const kept = { zh: '回头看：保持', en: 'Looked back: kept' }
    const back = { zh: '回头看：反弹', en: 'Looked back: it is back' }
    const look = { ...base, act: 'recheck', needs: [photo] }
    list.push({ ...look, id: 'recheck_kept', title: kept, kind: 'kept' })
    list.push({ ...look, id: 'recheck_rebounded', title: back, kind: 'rebounded' })
  }
  const note: Need[] = ['note']
  if (has(stage.allow.urge)) {
    const title = { zh: '催办', en: 'Urge' }
    list.push({ ...base, id: 'urge', title, act: 'urge', needs: note, kind: 'urge' })
  }
  if (has(stage.allow.supervise)) {
    const title = { zh: '督办', en: 'Supervise' }
    const needs: Need[] = ['reason', 'note']
    const set = { ...base, needs, reasons: LEVELS }
    list.push({ ...set, id: 'supervise', title, act: 'supervise', kind: 'supervise' })
  }
  if (stage.allow.extend && has(stage.allow.extend.ask)) {
    const title = { zh: '申请延期', en: 'Ask for more time' }
    list.push({ ...base, id: 'extend', title, act: 'extend', needs: note, kind: 'extend' })
  }
  if (has(stage.allow.note)) {
    const title = { zh: '备注', en: 'Note' }
    list.push({ ...base, id: 'note', title, act: 'note', needs: note, kind: 'note' })
  }
  return list
}

/** What was filled in for an act; kept at each change. */
export interface Filled {
  photos: Shot[]
  fields: Record<string, string>
  reason: string
  note: string
  checklist: number[]
  unit: string
  person: string
}

export const blankFilled = (): Filled => ({
  photos: [],
  fields: {},
  reason: '',
  note: '',
  checklist: [],
  unit: '',
  person: '',
})

/** Where what was filled in for an act is kept. */
export const filledKey = (account: string, matter: string, offer: string) =>
  `draft:act:${account}:${matter}:${offer}`

/** The item of an act, to be kept before anything is sent. */
export function actItem(
  task: Task,
  offer: Offer,
  filled: Filled,
  form: Record<string, unknown>,
  waiting: Item[],
  account: string,
  here: Place | null,
): Item {
  const state = stateOf(task)
  const body: CommandInput = {
    id: freshId(),
    matter: state.id,
    // Behind a step of its own that has not arrived, the version is not known.
    base_version: waiting.length ? null : state.version,
    captured_at: Math.round(now()),
    ...(here ? { captured_in: here } : {}),
    command: commandOf(offer, filled, form),
  }
  const { title } = offer
  const about = { pack: state.pack, class: state.standing.class, where: null }
  return itemOf(body, filled.photos, { account, act: title, about })
}

function commandOf(
  offer: Offer,
  filled: Filled,
  form: Record<string, unknown>,
): CommandInput['command'] {
  const files = filled.photos.map(declared)
  const note = filled.note.trim()
  if (offer.kind === 'note') return { note: { text: note } }
  if (offer.kind === 'supervise') {
    return { supervise: { level: filled.reason as 'blue' | 'yellow' | 'red', reason: note } }
  }
  if (offer.kind === 'extend') return { extend: { ask: note } }
  if (offer.kind === 'urge') return { urge: { text: note } }
  if (offer.kind === 'kept') return { recheck: { found: 'kept', files, note: note || null } }
  if (offer.kind === 'rebounded') {
    const found = { rebounded: newId(now()) }
    return { recheck: { found, files, note: note || null } }
  }
  const asks = (need: Need) => offer.needs.some((it) => it === need)
  return {
    move: {
      id: offer.id,
      files,
      ...(Object.keys(form).length ? { form } : {}),
      ...(filled.reason ? { reason: filled.reason } : {}),
      ...(note ? { note } : {}),
      ...(asks('checklist') ? { checklist: filled.checklist } : {}),
      ...(filled.unit ? { unit: filled.unit } : {}),
      ...(filled.person ? { person: filled.person } : {}),
      ...(asks('visit') ? { items: [{ visit: Math.round(now()) }] } : {}),
    },
  }
}
