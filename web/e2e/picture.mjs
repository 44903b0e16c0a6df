// Pictures of pages for the manual: taken where BIHUAN_PICTURES names a folder, else not.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

/** Takes a picture of what somebody sees. */
export async function picture(person, name) {
  const folder = process.env.BIHUAN_PICTURES
  if (!folder || person.language !== 'zh') return
  mkdirSync(folder, { recursive: true })
  await person.page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined)
  await person.page.screenshot({
    path: join(folder, `${name}.png`),
    animations: 'disabled',
    scale: 'css',
  })
}
