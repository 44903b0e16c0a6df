// Whether somebody is in the middle of something: an update waits for a quiet moment.
import { computed, reactive } from 'vue'

const open = reactive(new Set<string>())

export const isBusy = computed(() => open.size > 0)

/** Says that a form is open, or not any more. */
export function busyWith(what: string, is: boolean): void {
  if (is) open.add(what)
  else open.delete(what)
}
