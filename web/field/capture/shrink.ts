// Makes photos small enough to travel: in a worker, else on a canvas of the page.
import workerUrl from './shrink.worker.ts?worker&url'
import { scaled } from './scale'

/** Longest side and quality of what is sent. */
export const SHARP = { side_px: 1920, quality: 0.85 }
/** The same where room is short. */
export const COARSE = { side_px: 1024, quality: 0.7 }

const WORKER_TIMEOUT_MS = 8_000

type Grain = typeof SHARP

interface Waiting {
  done: (it: Blob) => void
  fail: (why: Error) => void
}

let worker: Worker | null | undefined
let count = 0
const waiting = new Map<number, Waiting>()

function theWorker(): Worker | null {
  if (worker !== undefined) return worker
  try {
    worker = typeof OffscreenCanvas === 'undefined' ? null : new Worker(workerUrl)
  } catch {
    worker = null
  }
  if (!worker) return null
  worker.onmessage = (event: MessageEvent<{ id: number; blob?: Blob; error?: string }>) => {
    const { id, blob, error } = event.data
    const it = waiting.get(id)
    waiting.delete(id)
    if (!it) return
    if (blob) it.done(blob)
    else it.fail(new Error(error))
  }
  worker.onerror = () => {
    for (const it of waiting.values()) it.fail(new Error('the worker broke'))
    waiting.clear()
    worker = null
  }
  return worker
}

/** Has the worker ready before the first photo. */
export function warmUp(): void {
  theWorker()
}

/** A photo as JPEG, no larger than asked. */
export async function shrink(file: Blob, grain: Grain = SHARP): Promise<Blob> {
  const it = theWorker()
  if (it) {
    try {
      return await inWorker(it, file, grain)
    } catch {
      // What a worker cannot read, a page sometimes can.
    }
  }
  return onPage(file, grain)
}

function inWorker(it: Worker, file: Blob, grain: Grain): Promise<Blob> {
  return new Promise((done, fail) => {
    const id = (count += 1)
    waiting.set(id, { done, fail })
    window.setTimeout(() => {
      if (waiting.delete(id)) fail(new Error('slow'))
    }, WORKER_TIMEOUT_MS)
    it.postMessage({ id, file, ...grain })
  })
}

async function onPage(file: Blob, grain: Grain): Promise<Blob> {
  const picture = await decoded(file)
  const [width, height] = scaled(picture.width, picture.height, grain.side_px)
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')
  if (!context) throw new Error('no canvas')
  context.drawImage(picture, 0, 0, width, height)
  return new Promise((done, fail) =>
    canvas.toBlob(
      (it) => (it ? done(it) : fail(new Error('not encoded'))),
      'image/jpeg',
      grain.quality,
    ),
  )
}

function decoded(file: Blob): Promise<HTMLImageElement> {
  return new Promise((done, fail) => {
    const picture = new Image()
    const url = URL.createObjectURL(file)
    picture.onload = () => {
      URL.revokeObjectURL(url)
      done(picture)
    }
    picture.onerror = () => {
      URL.revokeObjectURL(url)
      fail(new Error('not a picture'))
    }
    picture.src = url
  })
}
