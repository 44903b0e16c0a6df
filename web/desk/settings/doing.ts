// Something that an administrator does: on its way, done with a way back, or refused and why.
import { ref, shallowRef } from 'vue'
import type { Problem } from '@/api/client'
import { words } from '@/language'
import { faultName, faultOf } from '../parts/asked'
import { say } from './words'

/** Each fault of a refusal in words, whatever its form. */
function detailsOf(problem: Problem): string[] {
  return (problem.details ?? []).map((it) => {
    if (typeof it === 'string') return it
    const { message, what, title, path, line } = it as Record<string, never>
    const text = words(message ?? what ?? title) || JSON.stringify(it)
    return [path, line]
      .filter(Boolean)
      .join(':')
      .concat(path || line ? ` ${text}` : text)
  })
}

export function useDoing() {
  const busy = ref(false)
  const said = ref('')
  const fault = ref('')
  const details = ref<string[]>([])
  const back = shallowRef<(() => Promise<unknown>) | null>(null)

  /** Runs an act that tells what it did; `undo` leads back. */
  async function run(
    act: () => Promise<string>,
    undo: (() => Promise<unknown>) | null = null,
  ): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    said.value = ''
    fault.value = ''
    details.value = []
    back.value = null
    try {
      said.value = await act()
      back.value = undo
      return true
    } catch (error) {
      const told = faultOf(error)
      fault.value = faultName(told)
      details.value = told === 'unreachable' ? [] : detailsOf(told)
      return false
    } finally {
      busy.value = false
    }
  }

  async function goBack(): Promise<void> {
    const undo = back.value
    if (undo) await run(async () => (await undo(), say('undone')))
  }
  return { busy, said, fault, details, back, run, goBack }
}

export type Doing = ReturnType<typeof useDoing>
