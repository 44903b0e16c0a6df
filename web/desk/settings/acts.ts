// The acts of the audit trail in words.
import { wordsOf } from '@/language'

const BOOK = {
  log_in: ['登录', 'Logged in'],
  log_in_failed: ['登录失败', 'Failed to log in'],
  log_out: ['退出登录', 'Logged out'],
  password_changed: ['改密码', 'Changed the password'],
  token_made: ['建令牌', 'Made a token'],
  token_revoked: ['废令牌', 'Revoked a token'],
  token_used: ['用令牌', 'Used a token'],
  factor_on: ['启用二次验证', 'Second factor on'],
  factor_off: ['停用二次验证', 'Second factor off'],
  recovery_used: ['用恢复码', 'Used a recovery code'],
  unlocked: ['清除登录失败', 'Forgot failed log-ins'],
  reset_made: ['建密码重置', 'Made a password reset'],
  reset_used: ['用密码重置', 'Used a password reset'],
  reporter_kept: ['登记举报人', 'Kept who reported'],
  reveal_asked: ['申请查看举报人', 'Asked who reported'],
  reveal_approved: ['同意查看举报人', 'Consented to a reveal'],
  reveal_refused: ['不同意查看举报人', 'Refused a reveal'],
  revealed: ['查看举报人', 'Was shown who reported'],
  retention_set: ['设保存期限', 'Set a period'],
  hold_set: ['设保留', 'Set a hold'],
  hold_ended: ['止保留', 'Ended a hold'],
  request_entered: ['登记个人请求', 'Entered a request'],
  request_decided: ['办结个人请求', 'Decided a request'],
  requests_seen: ['查看个人请求', 'Saw requests'],
  notice_published: ['发布告知书', 'Published the notice'],
  photo_released: ['放行照片', 'Released a photo'],
  photo_taken_back: ['收回照片', 'Took a photo back'],
  link_made: ['建一事一链', 'Made a link'],
  link_used: ['用一事一链', 'Used a link'],
  link_submitted: ['凭链接提交', 'Sent something by a link'],
  link_revoked: ['作废一事一链', 'Revoked a link'],
  second_looked: ['盲抽复核', 'Looked at an acceptance again'],
  people_seen: ['查看人员', 'Saw people'],
  telephone_seen: ['查看工作电话', 'Saw a work telephone'],
  sealed_seen: ['查看涉密事项', 'Saw a sealed matter'],
  exported: ['导出', 'Exported'],
  audit_read: ['查看审计', 'Read the trail'],
  audit_exported: ['导出审计', 'Exported the trail'],
} as const

const say = wordsOf(BOOK)
const change = wordsOf({ change: ['更改规则：{what}', 'Changed rules: {what}'] })

export const ACTS = Object.keys(BOOK) as (keyof typeof BOOK)[]

/** What an act is called; changes of rules tell which. */
export function actName(act: string): string {
  if (act in BOOK) return say(act as 'log_in')
  return act.startsWith('change_') ? change('change', { what: act.slice(7) }) : act
}
