// Words of the wall.
import { wordsOf } from '@/language'

export const say = wordsOf({
  wall: ['大屏', 'Wall'],
  just_cleared: ['刚刚销号', 'Just cleared'],
  none_cleared: ['昨日以来没有销号', 'Nothing cleared since yesterday'],
  map: ['未办结事项分布', 'Open matters on the map'],
  figures: ['当前与今日', 'Now and today'],
  days: ['近十天上报与销号', 'Opened and cleared in ten days'],
  units: ['各单位（超期多的在前）', 'Units, most overdue first'],
  live: ['实时', 'live'],
  lost: ['连接中断，数据停在 {at}', 'Connection lost; as of {at}'],
  leave: ['退出大屏', 'Leave'],
  full: ['全屏', 'Full screen'],
  busy: ['正在载入…', 'Loading…'],
})
