// The names of roles: those of the packs, and the three offices.
import { words } from '@/language'
import { packs } from '@/realm'
import type { Choice } from '../parts/Pick.vue'
import { say, type Office } from './words'

const OFFICES: readonly string[] = [
  'system_administrator',
  'security_administrator',
  'audit_administrator',
] satisfies Office[]

/** The name of a role. */
export function roleName(id: string): string {
  if (OFFICES.includes(id)) return say(id as Office)
  for (const pack of packs.value.values()) {
    const found = pack.roles.find((it) => it.id === id)
    if (found) return words(found.title)
  }
  return id
}

/** Every role of the packs, each once, with the packs that know it. */
export function roleChoices(): Choice[] {
  const known = new Map<string, string[]>()
  for (const pack of packs.value.values())
    for (const role of pack.roles)
      known.set(role.id, [...(known.get(role.id) ?? []), words(pack.title)])
  return [...known].map(([id, of]) => ({ id, label: roleName(id), hint: of.join('、') }))
}
