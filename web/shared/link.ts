// The address that somebody is given who fixes one matter and has no account. The secret stands
// behind the `#`, so that no server, log or referrer on the way sees it.

const PAGE = '/field/l'

/** Where whoever has a link sees what is to be fixed. */
export const addressOf = (token: string) => `${window.location.origin}${PAGE}#${token}`

/** The secret in an address; nothing where it is not that of a link. */
export function tokenIn(at: { pathname: string; hash: string }): string {
  return at.pathname === PAGE || at.pathname === `${PAGE}/` ? at.hash.slice(1) || '-' : ''
}
