// Who accepts, by the packs; and whether the caller holds such a role.
import { computed } from 'vue'
import { roleNames } from '@/move'
import { packs } from '@/realm'
import { holdsRole } from '@/session'

export const acceptors = computed(() => {
  const by = [...packs.value.values()].map((pack) => {
    const moves = pack.stages.flatMap((it) => it.moves)
    const roles = moves.filter((it) => it.act === 'accept').flatMap((it) => it.by)
    return { roles, names: roles.map((it) => roleNames(pack, [it])) }
  })
  return {
    mayI: by.some((it) => holdsRole(...it.roles)),
    names: [...new Set(by.flatMap((it) => it.names))].join(' / '),
  }
})
