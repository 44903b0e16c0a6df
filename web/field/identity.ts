// Who works with this device. Without a network it is whoever was signed in last; what is made
// then waits in that person's name.
import { computed, ref } from 'vue'
import { Refused, Unreachable, type Schemas, type Who } from '@/api/client'
import { meet, meetRealm, realm, signOut } from '@/session'
import { clockAheadMs, setClock } from '@/time'
import { online, shelf } from './device'

export const me = ref<Who | null>(null)
/** Whether the service let the session go; what is kept stays. */
export const signedOut = ref(false)
/** When the service answered last, by the clock of this device. */
export const metAt = ref<number | null>(null)
/** Whether the last try to reach the service failed. */
export const away = ref(false)

interface Clock {
  zone_s: number
  ahead_ms: number
}

/** Whether the service can be reached, as far as is known. */
export const connected = computed(() => online.value && !away.value)

export const roles = computed(() => new Set(me.value?.grants.map((it) => it.role) ?? []))

/** What was known when the page was open last. */
export async function recall(): Promise<void> {
  const [who, known, clock] = await Promise.all([
    shelf.value.read<Who>('me'),
    shelf.value.read<Schemas['RealmShown']>('realm'),
    shelf.value.read<Clock>('clock'),
  ])
  me.value = who ?? null
  if (known) realm.value = known
  if (clock) setClock(clock.zone_s, Date.now() + clock.ahead_ms)
}

/** Asks the service who this is; tells whether it answered. */
export async function greet(): Promise<boolean> {
  try {
    const [it, who] = await Promise.all([meetRealm(), meet()])
    const clock: Clock = { zone_s: it.zone_s, ahead_ms: clockAheadMs() }
    await shelf.value.write('realm', JSON.parse(JSON.stringify(it)))
    await shelf.value.write('clock', clock)
    away.value = false
    metAt.value = Date.now()
    signedOut.value = !who
    if (who) await become(who)
    return true
  } catch (error) {
    if (!(error instanceof Unreachable) && !(error instanceof Refused)) throw error
    away.value = true
    return false
  }
}

async function become(who: Who): Promise<void> {
  const isOther = !!me.value && me.value.account !== who.account
  if (isOther) await forget()
  await shelf.value.write('me', JSON.parse(JSON.stringify(who)))
  // Nothing that this page holds of somebody else is carried over.
  if (isOther) window.location.reload()
  else me.value = who
}

/** Erases what was read in this person's name; what waits to be sent stays. */
async function forget(): Promise<void> {
  for (const prefix of ['rule:', 'task:', 'picture:', 'me']) await shelf.value.erase(prefix)
}

/** Signs this device out. */
export async function leave(): Promise<void> {
  await signOut()
  await forget()
  window.location.assign('/field/')
}
