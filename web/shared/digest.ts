// SHA-256 as the service writes it: hexadecimal digits.

/** The digest of bytes. */
export async function sha256(bytes: BufferSource): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(digest), (it) => it.toString(16).padStart(2, '0')).join('')
}
