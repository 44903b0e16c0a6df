// Where this phone is, read once for the whole app: every page that asks shares one reading.
import { computed, onBeforeUnmount, ref, shallowRef } from 'vue'
import { CannotLocate, locator, type NoReading, type Reading } from './locate'

/** A reading is as good as new for so long; a phone that lies still tells nothing further. */
const FRESH_MS = 60_000
/** After a failed try, the last reading still says where it was, and when. */
const STALE_MS = 3 * 60_000
const ASK_MS = 6_000

export const reading = shallowRef<Reading | null>(null)
export const noReading = ref<NoReading | null>(null)
export const here = computed(() => (reading.value ? reading.value.at : null))

const way = locator()
let users = 0
let stop: (() => void) | null = null

function took(it: Reading): void {
  reading.value = it
  noReading.value = null
}

/** Keeps reading as long as the page is open that asks. */
export function usePosition(): void {
  users += 1
  if (!stop) stop = way.watch(took, (why) => (noReading.value = why))
  onBeforeUnmount(() => {
    users -= 1
    if (users > 0 || !stop) return
    stop()
    stop = null
  })
}

const youngerThan = (ms: number) => {
  const it = reading.value
  return it && Date.now() - it.read_at < ms ? it : null
}

/** The reading for a photo that is taken now, where there is one already. */
export const readingNow = () => youngerThan(FRESH_MS)

/** The same, asked for where there is none. */
export async function locate(): Promise<Reading | null> {
  const known = readingNow()
  if (known) return known
  try {
    took(await way.read(ASK_MS))
    return reading.value
  } catch (error) {
    const it = youngerThan(STALE_MS)
    if (!it) noReading.value = error instanceof CannotLocate ? error.why : 'off'
    return it
  }
}
