/** Code marks of one line: `from` and `to` hold the backticks. Linear: runs of backticks are matched by length. */
export function codeSpans(text: string): { from: number; to: number; inner: string }[] {
  const runs: { at: number; length: number }[] = []
  for (let at = text.indexOf('`'); at >= 0; at = text.indexOf('`', at)) {
    let end = at
    while (text[end] === '`') end += 1
    runs.push({ at, length: end - at })
    at = end
  }
  const next = new Map<number, number>()
  const partner: number[] = []
  for (let i = runs.length - 1; i >= 0; i -= 1) {
    const { length } = runs[i] as { length: number }
    partner[i] = next.get(length) ?? -1
    next.set(length, i)
  }
  const spans: { from: number; to: number; inner: string }[] = []
  for (let i = 0; i < runs.length; i += 1) {
    const close = partner[i] as number
    const open = runs[i] as { at: number; length: number }
    const end = runs[close]
    if (close < 0 || !end) continue
    spans.push({ from: open.at, to: end.at + end.length, inner: text.slice(open.at + open.length, end.at) })
    i = close
  }
  return spans
}
