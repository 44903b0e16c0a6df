// A session that has ended elsewhere leads back to the door; what was typed is kept for the return.
import { api } from '@/api/client'
import { who } from '@/session'

api.use({
  onResponse({ request, response }) {
    // The door itself asks too, and says by itself what was wrong.
    const atDoor = /\/api\/v1\/sessions?$/.test(new URL(request.url).pathname)
    if (response.status === 401 && !atDoor) who.value = null
    return undefined
  },
})
