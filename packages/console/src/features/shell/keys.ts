/** Every key of the console, for its help. */
export const KEYS: readonly (readonly [key: string, what: string])[] = [
  ['?', 'This list'],
  ['j', 'Changes: next file'],
  ['k', 'Changes: previous file'],
  ['n', 'Changes: next file not viewed'],
  ['v', 'Changes: mark the file as viewed, or not'],
  ['Esc', 'Close what is open'],
]

/** Whether a key press belongs to something being typed, or to the browser: then it is none of ours. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true
  const { target } = event
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, [role="dialog"]') !== null)
  )
}
