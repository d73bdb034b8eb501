/** All tools: they change nothing, may be called again, and know nothing but the served folder. */
export const READ_ONLY = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
} as const
