import { makeClient } from '@gatehouse/client/client'

/** The one client of the page: this origin, the session's cookie. */
export const api = makeClient({ baseUrl: '', attempts: 2 })
