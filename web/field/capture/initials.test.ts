// Words are found by their pinyin initials, without a table.
import { expect, test } from 'vitest'
import { initials } from './initials'

test('initials of words that clerks use', () => {
  expect(initials('暴露垃圾')).toBe('bllj')
  expect(initials('道路不洁')).toBe('dlbj')
  expect(initials('非法小广告')).toBe('ffxgg')
  expect(initials('占道经营')).toBe('zdjy')
  expect(initials('井盖缺失')).toBe('jgqs')
  expect(initials('污水横流')).toBe('wshl')
  expect(initials('暗渠')).toBe('aq')
  expect(initials('A4 纸')).toBe('a4z')
})
