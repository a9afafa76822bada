import { isFreed } from './entry.ts'
import { stepHold } from './hold.ts'
import { confirmDeath, looksDead, observe } from './observation.ts'
import { comeBack, duties, expire, obey, renew, renewed } from './tenure.ts'

/** Every decision of the lease. The keeper takes them from here, so that the model can leave one out and see what breaks. */
export const rules = {
  isFreed,
  stepHold,
  renew,
  renewed,
  expire,
  obey,
  comeBack,
  duties,
  observe,
  looksDead,
  confirmDeath,
}

export type Rules = typeof rules
