// Words of second looks.
import { wordsOf } from '@/language'

export const say = wordsOf({
  title: ['盲抽复核', 'Second looks'],
  count: ['待您复核 {n} 件', '{n} for you to look at again'],
  queue: ['待复核', 'To look at'],
  summary: ['结果汇总', 'What they came to'],
  denied: ['您不参加复核', 'You look at nothing again'],
  denied_text: [
    '复核人从有验收职责的人中随机抽取，且不是原来的验收人。结果汇总按验收单位统计，可在上面查看。',
    'Whoever looks again is drawn by lot from those whose office accepts, and is never ' +
      'who accepted; what it came to is told above, by unit.',
  ],
  empty: ['没有抽到您复核的事项', 'Nothing was drawn for you'],
  empty_text: [
    '验收通过的事项按比例随机抽取，由另一位验收人复核；抽到您时会出现在这里。',
    'Of what is accepted some is drawn by lot and looked at again by somebody else who ' +
      'may accept; what is drawn for you appears here.',
  ],
  blind: [
    '只看照片和标准：谁验收的、当时写了什么，复核前都不显示。',
    'Photos and standard alone: who accepted and what was noted stays hidden until you have said.',
  ],
  drawn: ['{at} 抽中', 'drawn {at}'],
  verdict: ['复核结论', 'Your verdict'],
  agree: ['同意验收', 'Agree'],
  agree_sure: ['再按一次 A 确认：结论只能给一次', 'Press A again to confirm; it is said once'],
  disagree: ['不同意', 'Disagree'],
  reason: ['为什么不同意', 'Why you disagree'],
  reason_hint: [
    '会告知督办的人；事项本身不变，仍是已销号。',
    'Whoever may supervise is told; the matter itself stays as it is.',
  ],
  send: ['提交不同意', 'Say so'],
  see_both: ['照片都显示后才能同意', 'The photos must have been shown before you agree'],
  agreed: ['{number} 已复核：同意', '{number}: you agree'],
  disagreed: [
    '{number} 已复核：不同意，已告知督办',
    '{number}: you disagree; who supervises is told',
  ],
  passed_on: [
    '{number} 已不由您复核（已转给他人，或您已给过结论）',
    '{number} is no longer yours: it went to somebody else, or you have said already',
  ],
  key_agree: ['同意（再按一次确认）', 'agree (once more to confirm)'],
  key_disagree: ['不同意，写明理由', 'disagree, and why'],
  lead: [
    '按验收单位统计，不计个人。同事复核：没有其他单位的验收人时由本单位同事复核，不算独立复核。',
    'By the unit that accepted, never by person. A colleague looks where no other unit ' +
      'has an acceptor; that is no independent look.',
  ],
  accepted: ['验收日期', 'Accepted'],
  unit: ['验收单位', 'Unit that accepted'],
  drawn_count: ['抽中', 'Drawn'],
  open: ['待复核', 'To come'],
  other: ['外单位复核', 'By another unit'],
  colleague: ['同事复核', 'By a colleague'],
  disagreed_count: ['结论不同意', 'Disagreed'],
  none: ['这段时间没有抽中的验收', 'Of these days no acceptance was drawn'],
  none_advice: [
    '换一段时间看看；抽取比例由系统管理员设置。',
    'Try other days; how many are drawn is set by the system administrator.',
  ],
})
