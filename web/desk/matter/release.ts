// What the service says of letting a photo go to the public page, and letting it go.
import { api, Refused, told } from '@/api/client'
import type { Life } from '@/life'
import { isWithin } from '@/realm'
import { who } from '@/session'
import type { Cover } from './cover'

interface Photo {
  matter: string
  digest: string
}

/** Whether the caller is on the case and does not fix it, as far as the page can tell. */
export function mayRelease(life: Life): boolean {
  const fixes = (life.matter.parts ?? []).some(
    (part) =>
      part.person === who.value?.person ||
      who.value?.grants.some((it) => isWithin(it.unit, part.unit)),
  )
  return life.sight === 'on_case' && !fixes
}

const pathOf = ({ matter, digest }: Photo) => ({ path: { id: matter, digest } })

/** Releases a covered copy; whether the public sees it now, or once the matter is cleared. */
export async function release(photo: Photo, covers: Cover[]): Promise<boolean> {
  const statement = covers.length > 0 ? 'covered' : 'nothing_to_cover'
  const body = { covers, statement } as const
  const path = '/api/v1/matters/{id}/files/{digest}/release'
  return (await told(api.PUT(path, { params: pathOf(photo), body }))).shown
}

/** Takes a released photo back. */
export async function takeBack(photo: Photo): Promise<void> {
  const path = '/api/v1/matters/{id}/files/{digest}/release'
  await told(api.DELETE(path, { params: pathOf(photo) }))
}

/**
 * Fails where the photo could not be released, whatever were covered, so that nobody draws in vain.
 *
 * A release that says `covered` and covers nothing is always refused; but what else stands in the
 * way (the setting, the pack, the person) is told before that.
 */
export async function askRelease(photo: Photo): Promise<void> {
  const path = '/api/v1/matters/{id}/files/{digest}/release'
  const body = { covers: [], statement: 'covered' as const }
  try {
    await told(api.PUT(path, { params: pathOf(photo), body }))
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 422) throw error
  }
}
