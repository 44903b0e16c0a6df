// What an answer of the service means for whoever sends until there is a receipt.
import type { Problem } from './api/client'

/** What to do after an answer. */
export type Verdict<T> =
  | { kind: 'done'; value: T }
  /** The service has decided: the same will not be taken, whoever sends it again. */
  | { kind: 'refused'; problem: Problem }
  /** Nothing is decided: the same again, later. */
  | { kind: 'later'; fault: Fault; status: number; afterMs: number | null }
  /** Nobody is signed in. */
  | { kind: 'signed_out' }

export type Fault = 'unreachable' | 'slow' | 'busy' | 'server' | 'stranger'

/** Sends a request; injected, so that a test can be the network. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

const RETRIED = [408, 425, 429, 460]

/** Sends a request that may take so long, and no longer. */
export async function send(
  fetcher: Fetch,
  url: string,
  init: RequestInit,
  timeoutMs: number,
): Promise<Response | Verdict<never>> {
  const aborter = new AbortController()
  const timer = setTimeout(() => aborter.abort(), timeoutMs)
  try {
    return await fetcher(url, { credentials: 'same-origin', ...init, signal: aborter.signal })
  } catch {
    return later(aborter.signal.aborted ? 'slow' : 'unreachable')
  } finally {
    clearTimeout(timer)
  }
}

export function later(
  fault: Fault,
  status = 0,
  afterMs: number | null = null,
): Verdict<never> & { kind: 'later' } {
  return { kind: 'later', fault, status, afterMs }
}

/** Whether an answer is one of these. */
export function isVerdict<A extends object>(it: A): it is Extract<A, { kind: string }> {
  return 'kind' in it
}

/**
 * What an answer without success means. Only a problem that carries a code is the service's own
 * word: a gateway or the sign-in page of a hotel answers 403 as well, and decides nothing.
 */
export async function judge(response: Response): Promise<Verdict<never>> {
  const { status } = response
  const wait = retryAfterMs(response)
  if (RETRIED.includes(status)) return later('busy', status, wait)
  if (status >= 500) return later(status === 503 ? 'busy' : 'server', status, wait)
  const problem = await problemIn(response)
  if (!problem) return later('stranger', status, wait)
  return status === 401 ? { kind: 'signed_out' } : { kind: 'refused', problem }
}

async function problemIn(response: Response): Promise<Problem | null> {
  try {
    const body = (await response.json()) as Partial<Problem> | null
    return body && typeof body.code === 'string' ? (body as Problem) : null
  } catch {
    return null
  }
}

/** How long the service asks to wait; it may say seconds or a date. */
function retryAfterMs(response: Response): number | null {
  const text = response.headers.get('retry-after')
  if (!text) return null
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
}
