// Pinyin initials of Chinese words, by the order that the browser knows: no table travels. Of a
// character with several readings the most usual one is found.

/** The first character of each initial in the order of pinyin; i, u and v begin no syllable. */
const FIRST = '阿八嚓哒妸发旮哈讥咔垃妈拏噢妑七呥扨它穵夕丫帀'
const LETTERS = 'abcdefghjklmnopqrstwxyz'

let collator: Intl.Collator | null | undefined
const known = new Map<string, string>()

/** The order of pinyin; none where the browser does not know it. */
function order(): Intl.Collator | null {
  if (collator !== undefined) return collator
  try {
    collator = new Intl.Collator('zh-Hans-CN-u-co-pinyin')
    const isPinyin = collator.compare('八', '嚓') < 0 && collator.compare('夕', '丫') < 0
    if (!isPinyin || collator.compare('啊', '中') > 0) collator = null
  } catch {
    collator = null
  }
  return collator
}

function initial(character: string): string {
  if (/[a-z0-9]/i.test(character)) return character.toLowerCase()
  const by = order()
  if (!by || !/[\u4e00-\u9fff]/.test(character)) return ''
  const found = known.get(character)
  if (found !== undefined) return found
  let letter = ''
  for (let n = 0; n < FIRST.length; n += 1) {
    if (by.compare(character, FIRST[n]!) < 0) break
    letter = LETTERS[n]!
  }
  known.set(character, letter)
  return letter
}

/** The initials of a word, such as `bllj` of 暴露垃圾; nothing where the browser cannot tell. */
export function initials(word: string): string {
  return Array.from(word, initial).join('')
}
