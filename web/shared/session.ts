// Who is signed in on this device. The token is a cookie that no script can read.
import { ref } from 'vue'
import { api, Refused, told, type Schemas, type Who } from './api/client'
import { setClock } from './time'

export const who = ref<Who | null>(null)
export const realm = ref<Schemas['RealmShown'] | null>(null)

/** Asks what realm this is; sets the clock of the pages by it. */
export async function meetRealm(): Promise<Schemas['RealmShown']> {
  const asked = Date.now()
  const it = await told(api.GET('/api/v1/realm'))
  setClock(it.zone_s, it.now, (asked + Date.now()) / 2)
  realm.value = it
  return it
}

/** Asks who is signed in; `null` where nobody is. */
export async function meet(): Promise<Who | null> {
  try {
    who.value = await told(api.GET('/api/v1/session'))
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 401) throw error
    who.value = null
  }
  return who.value
}

/** Signs in. */
export async function signIn(
  account: string,
  password: string,
  code: string | null,
  device: string,
): Promise<void> {
  await told(
    api.POST('/api/v1/sessions', { body: { account, password, code, device, bearer: false } }),
  )
  await meet()
}

/** Signs this device out. */
export async function signOut(): Promise<void> {
  await told(api.DELETE('/api/v1/session'))
  who.value = null
}

/** Whether the caller holds one of some roles. */
export function holdsRole(...roles: string[]): boolean {
  return who.value?.grants.some((it) => roles.includes(it.role)) ?? false
}
