/** Width and height that fit a square; nothing is made larger. */
export function scaled(width: number, height: number, side_px: number): [number, number] {
  const by = Math.min(1, side_px / Math.max(width, height))
  return [Math.max(1, Math.round(width * by)), Math.max(1, Math.round(height * by))]
}
