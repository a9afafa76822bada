/** oVirt writes `admin@internal-authz`; people write `admin@internal`. */
export const shownPrincipal = (principal: string): string => principal.replace(/-authz$/, '')
