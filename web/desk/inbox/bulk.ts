// A bulk act: checked row by row, held back for some seconds, then done row by row. What has been
// done cannot be undone by the service, so the way back lies before the sending.
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { CommandInput, MatterRow } from '@/api/client'
import { newId } from '@/id'
import { words } from '@/language'
import { fieldOf, problemName, type Move } from '@/move'
import { packs } from '@/realm'
import { sendAll, type Row } from '@/send'
import { now } from '@/time'
import { suggest, type Suggested } from '../parts/suggest'

/** How long a bulk act can be taken back, in seconds. */
const HOLD_S = 8

export type BulkState = 'checking' | 'ready' | 'holding' | 'sending' | 'done' | 'lost'

export interface BulkItem {
  row: MatterRow
  move: Move
  unit: string
  suggested: Suggested[]
}

/** The moves that some chosen rows offer in one sense, such as filing. */
export function offers(
  rows: readonly MatterRow[],
  act: string,
): { row: MatterRow; move: Move }[] {
  return rows.flatMap((row) => {
    const stage = packs.value.get(row.pack)?.stages.find((it) => it.id === row.stage)
    const move = stage?.moves.find((it) => it.act === act)
    return move ? [{ row, move }] : []
  })
}

export function useBulk() {
  const state = ref<BulkState>('checking')
  const items = shallowRef<BulkItem[]>([])
  const outcome = shallowRef<Row[]>([])
  const reason = ref('')
  const left = ref(0)
  let commands: CommandInput[] = []
  let timer: ReturnType<typeof setInterval> | undefined
  let round = 0

  const reasons = computed(() => items.value[0]?.move.reasons ?? [])
  const asks = (need: string) => items.value.some((it) => it.move.needs.some((n) => n === need))
  const asksUnit = computed(() => asks('unit'))
  const asksReason = computed(() => asks('reason'))
  const count = (is: (it: Row) => boolean) => outcome.value.filter(is).length
  const good = computed(() => count((it) => !it.problem))
  const bad = computed(() => count((it) => !!it.problem))

  function commandOf(it: BulkItem): CommandInput {
    const pack = packs.value.get(it.row.pack)
    const known = pack?.classes.find((one) => one.code === it.row.class)
    const form: Record<string, unknown> = {}
    for (const need of it.move.needs) {
      const field = fieldOf(pack, need)
      if (field?.id === 'measure' || field?.id === 'standard')
        form[field.id] = words(known?.[field.id])
    }
    const takesReason = it.move.reasons.some((one) => one.id === reason.value)
    const move = {
      id: it.move.id,
      ...(asksUnit.value ? { unit: it.unit } : {}),
      ...(Object.keys(form).length ? { form } : {}),
      ...(takesReason || (!it.move.reasons.length && reason.value)
        ? { reason: reason.value }
        : {}),
    }
    return {
      id: newId(),
      matter: it.row.id,
      base_version: it.row.version,
      captured_at: now(),
      command: { move },
    }
  }

  async function begin(offered: { row: MatterRow; move: Move }[]): Promise<void> {
    clearInterval(timer)
    const needsUnit = offered.some((it) => it.move.needs.some((n) => n === 'unit'))
    const made = offered.map(async (it) => {
      const suggested = needsUnit ? (await suggest(it.row.id)).units : []
      return { ...it, suggested, unit: suggested[0]?.unit ?? '' }
    })
    state.value = 'checking'
    outcome.value = []
    items.value = await Promise.all(made)
    reason.value = items.value[0]?.move.reasons[0]?.id ?? ''
    await check()
  }

  /** What each would come to; nothing changes. */
  async function check(): Promise<void> {
    const mine = ++round
    commands = items.value.map(commandOf)
    state.value = 'checking'
    try {
      const told = await sendAll(commands, true)
      if (mine !== round) return
      outcome.value = told
      state.value = 'ready'
    } catch {
      if (mine === round) state.value = 'lost'
    }
  }

  function setUnit(at: number, unit: string): void {
    items.value = items.value.map((it, n) => (n === at ? { ...it, unit } : it))
    void check()
  }

  function hold(): void {
    left.value = HOLD_S
    state.value = 'holding'
    timer = setInterval(() => {
      left.value -= 1
      if (left.value <= 0) void send()
    }, 1000)
  }

  function takeBack(): void {
    clearInterval(timer)
    state.value = 'ready'
  }

  async function send(): Promise<void> {
    clearInterval(timer)
    state.value = 'sending'
    // Only what can be done is sent; the rest keeps what the check said.
    const able = commands.filter((_, n) => !outcome.value[n]?.problem)
    try {
      const told = await sendAll(able)
      const byId = new Map(able.map((it, n) => [it.id, told[n]]))
      outcome.value = commands.map((it, n) => byId.get(it.id) ?? outcome.value[n] ?? {})
      state.value = 'done'
    } catch {
      state.value = 'lost'
    }
  }

  /** What a row came to, in words; nothing where it can be or was done. */
  function problem(at: number): string {
    const told = outcome.value[at]?.problem
    return told ? problemName(packs.value.get(items.value[at]?.row.pack ?? ''), told) : ''
  }

  onScopeDispose(() => clearInterval(timer))
  return {
    state,
    items,
    outcome,
    reason,
    reasons,
    left,
    asksUnit,
    asksReason,
    good,
    bad,
    begin,
    check,
    setUnit,
    hold,
    takeBack,
    send,
    problem,
  }
}
