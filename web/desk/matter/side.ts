// Commands beside the moves of a stage: which of them the caller's roles may give, and what they
// ask for.
import type { Schemas } from '@/api/client'
import { newId } from '@/id'
import type { Matter } from '@/life'
import { stageOf } from '@/move'
import type { Pack } from '@/realm'
import { holdsRole } from '@/session'
import type { Doing } from '@/send'

export type Ask = 'text' | 'level' | 'until' | 'into' | 'units' | 'class' | 'person' | 'order'

export interface Side {
  key: string
  /** What its form asks for, in order. */
  asks: Ask[]
  command: (given: Given) => Doing
}

export interface Given {
  text: string
  level: Schemas['Level']
  until: number
  into: string
  units: string[]
  class: string
  person: string
  measure: string
  standard: string
  within: string
}

const join = (given: Given): Doing => ({
  join: {
    reason: given.text,
    children: given.units.map((unit) => ({ unit, matter: newId() })),
  },
})

const order = ({ text, within, measure, standard }: Given): Doing => ({
  order: {
    reason: text,
    within: within || null,
    measure: measure || null,
    standard: standard || null,
  },
})

const SIDES: Record<string, Side> = {
  urge: { key: 'urge', asks: ['text'], command: (it) => ({ urge: { text: it.text } }) },
  supervise: {
    key: 'supervise',
    asks: ['level', 'text'],
    command: (it) => ({ supervise: { level: it.level, reason: it.text } }),
  },
  order: { key: 'order', asks: ['order', 'text'], command: order },
  name: { key: 'name', asks: ['person'], command: (it) => ({ name: { person: it.person } }) },
  join: { key: 'join', asks: ['units', 'text'], command: join },
  merge: {
    key: 'merge',
    asks: ['into', 'text'],
    command: (it) => ({ merge: { into: it.into, reason: it.text } }),
  },
  reclass: {
    key: 'reclass',
    asks: ['class', 'text'],
    command: (it) => ({ reclass: { class: it.class, reason: it.text } }),
  },
  note: { key: 'note_act', asks: ['text'], command: (it) => ({ note: { text: it.text } }) },
}

const extend = {
  ask: side('extend_ask', ['text'], (it) => ({ extend: { ask: it.text } })),
  grant: side('extend_grant', [], () => ({ extend: 'grant' })),
  refuse: side('extend_refuse', ['text'], (it) => ({ extend: { refuse: it.text } })),
}

const suspend = {
  ask: side('suspend_ask', ['text'], (it) => ({ suspend: { ask: it.text } })),
  grant: side('suspend_grant', ['until', 'text'], (it) => ({
    suspend: { grant: { reason: it.text, until: it.until } },
  })),
  refuse: side('suspend_refuse', ['text'], (it) => ({ suspend: { refuse: it.text } })),
  resume: side('suspend_resume', [], () => ({ suspend: 'resume' })),
}

const after = {
  kept: side('recheck_kept', ['text'], (it) => ({
    recheck: { found: 'kept', note: it.text || null },
  })),
  rebounded: side('recheck_rebounded', ['text'], (it) => ({
    recheck: { found: { rebounded: newId() }, note: it.text || null },
  })),
  ask: side('appeal_ask', ['text'], (it) => ({ appeal: { ask: it.text } })),
  agree: side('appeal_agree', [], () => ({ appeal: 'agree' })),
  refuse: side('appeal_refuse', ['text'], (it) => ({ appeal: { refuse: it.text } })),
}

function side(key: string, asks: Ask[], command: Side['command']): Side {
  return { key, asks, command }
}

/** Side acts that the stage of a matter allows to one of the caller's roles. */
export function sidesOf(pack: Pack | undefined, matter: Matter): Side[] {
  const stage = stageOf(pack, matter.standing.stage)
  if (!pack || !stage) return []
  if (matter.standing.is === 'closed') return afterEnd(pack, matter)
  const allow = stage.allow as unknown as Record<string, string[] | null>
  const plain = Object.entries(SIDES)
    .filter(([key]) => holdsRole(...(allow[key] ?? [])))
    .map(([, it]) => it)
  return [...plain, ...ofExtension(stage.allow, matter), ...ofSuspension(stage.allow, matter)]
}

function ofExtension(allow: Schemas['Allow'], matter: Matter): Side[] {
  const rule = allow.extend
  if (!rule || matter.standing.suspended) return []
  if (matter.asked === 'extension')
    return holdsRole(...rule.by) ? [extend.grant, extend.refuse] : []
  const isSpent = (matter.handling?.extended ?? 0) >= rule.times
  return holdsRole(...rule.ask) && !isSpent ? [extend.ask] : []
}

function ofSuspension(allow: Schemas['Allow'], matter: Matter): Side[] {
  const rule = allow.suspend
  if (!rule) return []
  if (matter.standing.suspended) return holdsRole(...rule.by) ? [suspend.resume] : []
  if (matter.asked === 'suspension')
    return holdsRole(...rule.by) ? [suspend.grant, suspend.refuse] : []
  const isSpent = matter.suspended_times >= rule.times
  return holdsRole(...rule.ask) && !isSpent ? [suspend.ask] : []
}

function afterEnd(pack: Pack, matter: Matter): Side[] {
  const sides: Side[] = []
  const { recheck, appeal, appeal_decide } = pack.after
  if (holdsRole(...recheck) && !matter.rebounded_as) sides.push(after.kept, after.rebounded)
  if (matter.overdue_at && !matter.appeal && holdsRole(...appeal)) sides.push(after.ask)
  const isAsked = typeof matter.appeal === 'object' && matter.appeal !== null
  if (isAsked && holdsRole(...appeal_decide)) sides.push(after.agree, after.refuse)
  return sides
}
