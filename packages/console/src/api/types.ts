import type { Decision, Proposal, Task } from '@gatehouse/client/operations.gen'

/** Parts of the API's answers that its document gives no name. */
export type Risk = Task['risk']
export type PersonRef = Proposal['created_by']
export type ChangedFile = Proposal['files'][number]
export type Finding = Decision['violations'][number]
export type Can = Proposal['can']['approve']
export type Feedback = NonNullable<Task['feedback']>
