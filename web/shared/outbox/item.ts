// What waits to be sent: a command with the photos it names.
import type { CommandInput, Problem, Schemas, Text } from '../api/client'

export type Place = Schemas['Place']

/** A photo of an item, and how far it is on its way. */
export interface PhotoSent {
  digest: string
  slot: string
  bytes: number
  taken_at: number | null
  taken_in: Place | null
  /** Where its upload goes on; none before it was begun. */
  url: string | null
  offset: number
  state: 'waiting' | 'accepted'
}

/** What went wrong at the last try. */
export interface LastFault {
  fault: 'unreachable' | 'slow' | 'busy' | 'server' | 'stranger' | 'signed_out' | 'photo_lost'
  status: number
  /** When, by the clock of the device. */
  at: number
}

/** A command on its way. Its body never changes: the same id, the same words, until a receipt. */
export interface Item {
  /** Id of the command, made here before anything was sent; ids are in the order of making. */
  id: string
  matter: string
  body: CommandInput
  photos: PhotoSent[]
  /** Whose it is: nobody else sends it. */
  account: string
  /** What it is, for a person: the act, and where. */
  act: Text
  about: { pack: string; class: string | null; where: Text | null }
  /** By the clock of the device. */
  made_at: number
  state: 'waiting' | 'refused' | 'sent'
  tries: number
  next_try_at: number
  last: LastFault | null
  problem: Problem | null
  receipt: { version: number; first_seq: number | null } | null
  sent_at: number | null
}

/** The bytes of a photo, kept until every item that names it has its receipt. */
export interface KeptPhoto {
  digest: string
  media: string
  bytes: ArrayBuffer
  kept_at: number
}

/** Unsent so long, an item turns red. */
export const LATE_MS = 24 * 3_600_000

/** Whether an item has been waiting for too long. */
export function isLate(item: Item, here_ms: number): boolean {
  return item.state !== 'sent' && here_ms - item.made_at > LATE_MS
}

/** The earlier item of the same matter that must go first, where there is one. */
export function goesFirst(item: Item, all: Item[]): Item | undefined {
  return all.find((it) => it.matter === item.matter && it.id < item.id && it.state !== 'sent')
}
