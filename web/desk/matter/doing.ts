// Giving a command from a form: what would follow, the sending, and what to say when it is refused.
import { ref, watch, type Ref } from 'vue'
import { Refused, Unreachable, type CommandInput } from '@/api/client'
import { words } from '@/language'
import { problemName, roleNames } from '@/move'
import { packs, stageName, unitName, type Pack } from '@/realm'
import { idKeeper, preview, send, type Doing, type Done, type Preview } from '@/send'
import { moment, now } from '@/time'
import { act as say } from './words'

/** How long typing rests before what follows is worked out, in milliseconds. */
const REST_MS = 350

export interface Target {
  id: string
  version: number
  pack: string
}

export interface Giving {
  busy: Ref<boolean>
  fault: Ref<string>
  follows: Ref<string[]>
  /** What is still missing, as the service says. */
  lacks: Ref<string>
  /** Sends it; the id with which it was done, or nothing. */
  give: () => Promise<{ id: string; done: Done } | null>
}

/** What a preview says, line by line. */
export function previewLines(it: Preview, pack: Pack | undefined): string[] {
  const first = it.matters[0]
  if (!first) return []
  const stage =
    words(first.stage_title) || (pack ? stageName(pack.id, first.stage) : first.stage)
  const lines = [
    say('preview_stage', { stage }),
    say('preview_unit', { unit: unitName(first.responsible) }),
  ]
  if (first.owner) {
    const role = roleNames(pack, [first.owner.role])
    lines.push(say('preview_owner', { unit: unitName(first.owner.unit), role }))
  }
  lines.push(
    first.due_at ? say('preview_due', { due: moment(first.due_at) }) : say('preview_none'),
  )
  const points = (milli: number) => `${milli > 0 ? '+' : ''}${milli / 1000}`
  for (const score of it.scores)
    lines.push(
      say('preview_score', { unit: unitName(score.unit), points: points(score.points_milli) }),
    )
  return lines
}

/**
 * Gives what `command` says to a matter; `onStale` reads the matter anew. What would follow is
 * asked for once the form is whole, as the browser sees it.
 */
export function useGiving(
  target: () => Target,
  command: () => Doing,
  onStale: () => Promise<void>,
  isWhole: () => boolean,
): Giving {
  const busy = ref(false)
  const fault = ref('')
  const lacks = ref('')
  const follows = ref<string[]>([])
  const withId = idKeeper()
  let timer: ReturnType<typeof setTimeout> | undefined
  let round = 0
  let captured = now()

  const body = (): CommandInput => {
    const { id, version } = target()
    return withId({
      matter: id,
      base_version: version,
      captured_at: captured,
      command: command(),
    })
  }
  const pack = () => packs.value.get(target().pack)

  async function look(): Promise<void> {
    const mine = ++round
    lacks.value = ''
    if (!isWhole()) {
      follows.value = []
      return
    }
    try {
      const told = await preview(body())
      if (mine !== round) return
      follows.value = previewLines(told, pack())
    } catch (error) {
      if (mine !== round) return
      follows.value = []
      lacks.value = error instanceof Refused ? problemName(pack(), error.problem) : ''
    }
  }

  watch(
    () => JSON.stringify([target().version, command()]),
    () => {
      clearTimeout(timer)
      captured = now()
      timer = setTimeout(() => void look(), REST_MS)
    },
    { immediate: true },
  )

  async function give() {
    busy.value = true
    fault.value = ''
    try {
      const mine = body()
      const done = await send(mine)
      return { id: mine.id, done }
    } catch (error) {
      fault.value = await sayWhy(error)
      return null
    } finally {
      busy.value = false
    }
  }

  async function sayWhy(error: unknown): Promise<string> {
    if (error instanceof Unreachable) return say('retry_kept')
    if (!(error instanceof Refused)) throw error
    if (error.status === 503) return say('retry_kept')
    if (error.code === 'stale' || error.code === 'wrong_stage') {
      await onStale()
      return say('stale')
    }
    return problemName(pack(), error.problem)
  }

  return { busy, fault, follows, lacks, give }
}
