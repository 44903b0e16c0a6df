// A question to the service from a page: its answer, that it is on its way, or what went wrong.
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { Refused, Unreachable, type Problem } from '@/api/client'
import { advice } from '@/language'
import { say } from '../words'

/** What went wrong: a problem that the service told, or that nothing came back. */
export type Fault = Problem | 'unreachable'

export interface Asked<T> {
  answer: ShallowRef<T | undefined>
  fault: Ref<Fault | null>
  busy: Ref<boolean>
  /** Asks anew; an older answer that comes later is passed over. */
  ask: () => Promise<T | undefined>
}

export function faultOf(error: unknown): Fault {
  if (error instanceof Refused) return error.problem
  if (error instanceof Unreachable) return 'unreachable'
  throw error
}

/** What a fault says. */
export function faultName(fault: Fault): string {
  return fault === 'unreachable' ? say('unreachable') : advice(fault)
}

export function useAsked<T>(question: () => Promise<T>): Asked<T> {
  const answer = shallowRef<T>()
  const fault = ref<Fault | null>(null)
  const busy = ref(false)
  let round = 0
  async function ask(): Promise<T | undefined> {
    const mine = ++round
    busy.value = true
    try {
      const got = await question()
      if (mine !== round) return answer.value
      answer.value = got
      fault.value = null
      return got
    } catch (error) {
      if (mine === round) fault.value = faultOf(error)
      return undefined
    } finally {
      if (mine === round) busy.value = false
    }
  }
  return { answer, fault, busy, ask }
}
