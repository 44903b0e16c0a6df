// Words of the frame around every page of the desk.
import { wordsOf } from '@/language'

export const say = wordsOf({
  desk: ['闭环·办公', 'Bihuan desk'],
  overview: ['总览', 'Overview'],
  inbox: ['收件', 'Inbox'],
  ledger: ['台账', 'Ledger'],
  matter: ['事项', 'Matter'],
  acceptance: ['验收', 'Acceptance'],
  second_looks: ['复核', 'Second look'],
  supervision: ['督办', 'Supervision'],
  map: ['地图', 'Map'],
  wall: ['大屏', 'Wall'],
  settings: ['设置', 'Settings'],
  nothing: ['没有此页', 'No such page'],
  sign_out: ['退出登录', 'Sign out'],
  language: ['English', '中文'],
  theme: ['浅色或深色', 'Light or dark'],
  theme_auto: ['随系统', 'As the device'],
  theme_light: ['浅色', 'Light'],
  theme_dark: ['深色', 'Dark'],
  search: ['查找或执行…', 'Find or do…'],
  skip: ['跳到正文', 'Skip to the content'],
  menu: ['主菜单', 'Main menu'],
  demonstration: ['演示数据', 'Demonstration'],
  offline: ['连不上服务器，正在重试', 'The service cannot be reached; trying again'],
  unreachable: [
    '连不上服务器。请检查网络后再试。',
    'The service cannot be reached. Check the network and try again.',
  ],
  again: ['再试一次', 'Try again'],
  help: ['帮助', 'Help'],
})
