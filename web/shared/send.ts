// Commands on their way: one that met no answer is sent again with the same id, so that nothing is
// done twice.
import { api, Refused, told, Unreachable, type CommandInput, type Schemas } from './api/client'
import { newId } from './id'

export type Done = Schemas['CommandDone']
export type Preview = Schemas['CommandPreview']
export type Row = Schemas['BulkRow']
export type Doing = Schemas['Command']

/** How long to wait before each further try, in milliseconds. */
const WAITS_MS = [400, 1200, 3000]
/** How many commands go in one bulk act. */
const BULK_MAX = 1000

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether asking again with the same id may settle it. */
const isUnsettled = (error: unknown) =>
  error instanceof Unreachable || (error instanceof Refused && error.status === 503)

async function withRetries<T>(ask: () => Promise<T>): Promise<T> {
  for (const ms of WAITS_MS) {
    try {
      return await ask()
    } catch (error) {
      if (!isUnsettled(error)) throw error
    }
    await wait(ms)
  }
  return ask()
}

/** Does one thing. */
export async function send(body: CommandInput): Promise<Done> {
  const done = await withRetries(() => told(api.POST('/api/v1/commands', { body })))
  return done as Done
}

/** What one thing would lead to; nothing changes. */
export async function preview(body: CommandInput): Promise<Preview> {
  const query = { preview: true }
  const answer = await told(api.POST('/api/v1/commands', { params: { query }, body }))
  return answer as Preview
}

/** Does many things, each by itself; a row tells what became of each. */
export async function sendAll(
  commands: CommandInput[],
  isPreview = false,
  onRows: (rows: Row[]) => void = () => {},
): Promise<Row[]> {
  const rows: Row[] = []
  for (let at = 0; at < commands.length; at += BULK_MAX) {
    const body = { commands: commands.slice(at, at + BULK_MAX) }
    const query = isPreview ? { preview: true } : {}
    const ask = () => told(api.POST('/api/v1/commands/bulk', { params: { query }, body }))
    rows.push(...(await withRetries(ask)).rows)
    onRows(rows)
  }
  return rows
}

/** Undoes commands of the caller, as far as the service knows a way back. */
export async function undo(ids: string[], reason: string): Promise<Row[]> {
  const body = { reason, undos: ids.map((undoes) => ({ id: newId(), undoes })) }
  return (await withRetries(() => told(api.POST('/api/v1/commands/undo', { body })))).rows
}

/** Kinds of commands that the service can undo. */
const UNDOABLE = ['name', 'hand_over', 'reclass']

/** Whether a command has a way back. */
export function hasWayBack(command: Doing): boolean {
  if (typeof command === 'string') return false
  if ('suspend' in command)
    return typeof command.suspend === 'object' && 'grant' in command.suspend
  return UNDOABLE.some((it) => it in command)
}

/**
 * Ids that stay with what they were made for: the same command keeps its id when a person sends it
 * again after a failure, and a changed one gets a new id.
 */
export function idKeeper(): (body: Omit<CommandInput, 'id'>) => CommandInput {
  let last = ''
  let id = ''
  return (body) => {
    const text = JSON.stringify(body)
    if (text !== last) {
      last = text
      id = newId()
    }
    return { ...body, id }
  }
}
