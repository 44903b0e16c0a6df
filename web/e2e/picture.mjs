// Pictures of pages for the manual: taken where BIHUAN_PICTURES names a folder, else not.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** A desk in the manual: as small as its pages may be, so that a picture is small as well. */
const SMALL = { width: 1024, height: 600 }

/** Takes a picture of what somebody sees. */
export async function picture(person, name) {
  const folder = process.env.BIHUAN_PICTURES
  if (!folder || person.language !== 'zh') return
  mkdirSync(folder, { recursive: true })
  const usual = person.page.viewportSize()
  if (person.app === 'desk') await person.page.setViewportSize(SMALL)
  await person.page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined)
  await person.page.screenshot({
    path: join(folder, `${name}.png`),
    animations: 'disabled',
    scale: 'css',
  })
  await person.page.setViewportSize(usual)
}
