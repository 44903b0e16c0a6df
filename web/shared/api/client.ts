// The one way to the service: typed by its description, which is generated.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
export type Text = Schemas['Text']
export type Problem = Schemas['ApiProblem']
export type Who = Schemas['Who']
export type MatterRow = Schemas['MatterRow']
export type CommandInput = Schemas['CommandInput']
export type Command = Schemas['Command']

/** The client. A cookie says who asks; a request of another site changes nothing. */
export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' })

/** What went wrong, in words for a person and a code for the program. */
export class Refused extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.code)
    this.problem = problem
  }
  get code(): string {
    return this.problem.code
  }
  get status(): number {
    return this.problem.status
  }
}

/** The service cannot be reached. */
export class Unreachable extends Error {}

type Outcome<T> = { data?: T; error?: unknown; response: Response }

/** The answer of a request, or what went wrong as an error of this file. */
export async function told<T>(asked: Promise<Outcome<T>>): Promise<T> {
  let outcome: Outcome<T>
  try {
    outcome = await asked
  } catch (error) {
    throw new Unreachable(String(error))
  }
  if (outcome.response.ok) return outcome.data as T
  throw new Refused(problemOf(outcome.error, outcome.response))
}

/** The problem that an answer tells, whatever stood in its body. */
export function problemOf(body: unknown, response: Response): Problem {
  if (body && typeof body === 'object' && 'code' in body) return body as Problem
  const status = response.status
  return {
    code: 'no_answer',
    status,
    title: `the service answered ${status}; try again later`,
    title_zh: `服务返回 ${status}，请稍后再试`,
  }
}
