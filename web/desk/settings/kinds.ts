// What programs elsewhere are told of, in words.
import { wordsOf } from '@/language'

const BOOK = {
  opened: ['上报', 'opened'],
  moved: ['办理', 'moved'],
  named: ['指定责任人', 'person named'],
  ordered: ['责令', 'ordered'],
  joined: ['协同', 'joint handling'],
  child_ended: ['协同事项办结', 'joint matter ended'],
  extension_asked: ['申请延期', 'extension asked'],
  extension_granted: ['同意延期', 'extension granted'],
  extension_refused: ['不同意延期', 'extension refused'],
  suspension_asked: ['申请挂账', 'suspension asked'],
  suspended: ['挂账', 'suspended'],
  suspension_refused: ['不同意挂账', 'suspension refused'],
  resumed: ['结束挂账', 'resumed'],
  urged: ['催办', 'urged'],
  supervised: ['督办', 'supervised'],
  merged: ['并案', 'merged'],
  absorbed: ['并入', 'absorbed'],
  reclassed: ['改类别', 'reclassed'],
  rechecked: ['回头看', 'looked back'],
  rebounded: ['反弹', 'rebounded'],
  appealed: ['申诉', 'appealed'],
  duty_done: ['履职', 'duty done'],
  handed_over: ['移交', 'handed over'],
  noted: ['备注', 'noted'],
  arrived: ['照片到达', 'photo arrived'],
  expired: ['超期', 'expired'],
  recomputed: ['重算', 'recomputed'],
} as const

const say = wordsOf(BOOK)

/** Every kind, as the service names it. */
export const KINDS = Object.keys(BOOK).map((it) => `matter.${it}`)

/** What a kind is called; one that is not known stands as it is. */
export function kindName(kind: string): string {
  const what = kind.replace('matter.', '')
  return what in BOOK ? say(what as 'opened') : kind
}
