// A file on its way from the desk: sent in parts, gone on with where it broke off.
import { Refused, Unreachable, type Schemas } from '@/api/client'
import { sha256 } from '@/digest'
import { upload, type Upload } from '@/upload'

const TRIES_MAX = 5
const WAIT_MS = 800

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Sends a file and tells its digest; `told` is what is known about its taking. */
export async function sendFile(
  file: Blob,
  told: Pick<Schemas['FileDecl'], 'taken_at' | 'taken_in'>,
  onProgress: (share: number) => void,
): Promise<string> {
  const bytes = await file.arrayBuffer()
  const it: Upload = {
    digest: await sha256(bytes),
    bytes,
    taken_at: told.taken_at ?? null,
    taken_in: told.taken_in ?? null,
    url: null,
  }
  const progress = async (url: string | null, offset: number) => {
    it.url = url
    onProgress(offset / bytes.byteLength)
  }
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const verdict = await upload((url, how) => fetch(url, how), it, progress)
    if (verdict.kind === 'done') return it.digest
    if (verdict.kind === 'refused') throw new Refused(verdict.problem)
    await wait(WAIT_MS * 2 ** tries)
  }
  throw new Unreachable('the file was not taken')
}
