// Live changes come in gusts; a page reads anew once in a while, not once for each.
import { onScopeDispose } from 'vue'
import { onChange } from '../live'

/** Calls back some time after a change, at most once in that time. */
export function onChangeCalmly(call: () => void, every_ms = 4000): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  onChange(() => {
    timer ??= setTimeout(() => {
      timer = undefined
      if (!document.hidden) call()
    }, every_ms)
  })
  onScopeDispose(() => clearTimeout(timer))
}
