// Who should be made responsible, and by which rule: as the service works it out, which is as the
// engine does where no unit is named.
import { api, Refused, told, type Schemas, type Text } from '@/api/client'

export interface Suggested {
  unit: string
  title: Text
  rule: Text
}

export type Duplicate = Schemas['SimilarMatter']

export interface Suggestions {
  units: Suggested[]
  duplicates: Duplicate[]
}

/** Suggestions for a matter; none to whoever does not dispatch. */
export async function suggest(id: string): Promise<Suggestions> {
  try {
    const asked = api.GET('/api/v1/matters/{id}/suggestions', { params: { path: { id } } })
    const { units, duplicates } = await told(asked)
    return { units: units.map(suggested), duplicates }
  } catch (error) {
    if (error instanceof Refused && [403, 404].includes(error.status)) {
      return { units: [], duplicates: [] }
    }
    throw error
  }
}

/** A unit with all the rules that speak for it. */
function suggested(it: Schemas['SuggestedUnit']): Suggested {
  const texts = it.why.map((why) => why.text as unknown as Text)
  const rule = {
    zh: texts.map((text) => text.zh).join('；'),
    en: texts.map((text) => text.en).join('; '),
  }
  return { unit: it.unit, title: it.title as unknown as Text, rule }
}
