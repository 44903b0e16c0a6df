// Photos of a form: kept as they are taken, each with the place where that was.
import { ref } from 'vue'
import { full } from '../device'
import { locate, readingNow } from './position'
import { keepShot, type From, type Shot } from './take'

/** Keeps photos in the list of a form. */
export function useShots(list: () => Shot[]) {
  const saving = ref(0)
  const locating = ref(0)
  const fault = ref<'full' | 'broken' | ''>('')

  async function took(files: Blob[], from: From, slot: string): Promise<void> {
    fault.value = ''
    saving.value += 1
    try {
      const known = readingNow()
      const made: string[] = []
      for (const file of files) {
        const shot = await keepShot(file, slot, from, known && known.place)
        list().push(shot)
        made.push(shot.digest)
      }
      if (!known && from === 'camera') void place(made)
    } catch {
      fault.value = full.value ? 'full' : 'broken'
    } finally {
      saving.value -= 1
    }
  }

  /** Where photos were taken, told a moment after the shutter. */
  async function place(made: string[]): Promise<void> {
    locating.value += 1
    const it = await locate()
    for (const shot of list()) {
      if (it && made.includes(shot.digest)) shot.taken_in = it.place
    }
    locating.value -= 1
  }

  return { saving, locating, fault, took }
}
