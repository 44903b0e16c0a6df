// Colours of the pages for what cannot read CSS, such as a canvas.

/** The colour that a token stands for at this moment. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** Whether this browser draws with WebGL 2, which MapLibre needs. */
export function drawsWebGl(): boolean {
  try {
    return !!document.createElement('canvas').getContext('webgl2')
  } catch {
    return false
  }
}
