/** What is wrong with the text before it is sent, or null. */
export function tokenProblem(text: string): string | null {
  if (text === '') return 'Paste a token first.'
  if (!text.startsWith('gh_')) return 'This is not a Gatehouse token: one begins with gh_.'
  if (/\s/.test(text)) return 'There is a blank inside the token: copy it again as one line.'
  return null
}
