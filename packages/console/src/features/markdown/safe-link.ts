/** The address of a link in other people's text, or null where following it could do more than open a page. */
export function safeLink(url: string): string | null {
  try {
    const parsed = new URL(url)
    return ['http:', 'https:', 'mailto:'].includes(parsed.protocol) ? parsed.href : null
  } catch {
    // Relative addresses would lead into the console itself.
    return null
  }
}
