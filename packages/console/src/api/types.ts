import type { Task } from '@gatehouse/client/operations.gen'

/** A part of the API's answers that its document gives no name. */
export type Risk = Task['risk']
