import { EvidenceGitError, runGit } from './git-run.ts'

const MAX_BLOB = 4 * 1024 * 1024

/**
 * The texts of blobs by their ids, through one `git cat-file --batch`. A blob that is missing or above 4 MiB has no entry. UTF-8, with
 * replacement characters for what is not. Throws EvidenceGitError.
 */
export async function readBlobs(root: string, ids: Iterable<string>): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  await eachBlob(root, ids, (id, text) => void texts.set(id, text))
  return texts
}

/** Like `readBlobs`, handing each text over as it comes, in the order of `ids`, so that not all of them are held. */
export async function eachBlob(
  root: string,
  ids: Iterable<string>,
  each: (id: string, text: string) => void,
): Promise<void> {
  const wanted = new Set(ids)
  const ask = async (asked: ReadonlySet<string>) => {
    if (asked.size === 0) return
    const reader = new BatchReader((id, kind, body) => {
      wanted.delete(id)
      if (kind === 'blob') each(id, body.toString('utf8'))
    })
    await runGit(root, ['cat-file', '--batch'], (piece) => reader.take(piece), `${[...asked].join('\n')}\n`)
  }
  try {
    await ask(new Set(wanted))
  } catch (error) {
    // In a partial clone git ends at the first object that it would have to fetch: what is not here is then left out.
    if (!(error instanceof EvidenceGitError) || !/could not fetch|lazy fetching|promisor/.test(error.message))
      throw error
    const absent = await absentObjects(root)
    await ask(new Set([...wanted].filter((id) => !absent.has(id))))
  }
}

/** Objects of HEAD's history that a partial clone does not have. Reads all trees of the history: for partial clones only. */
async function absentObjects(root: string): Promise<Set<string>> {
  const absent = new Set<string>()
  let rest = ''
  const args = ['rev-list', '--objects', '--no-object-names', '--missing=print', 'HEAD', '--']
  await runGit(root, args, (piece) => {
    const lines = (rest + piece.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('?')) absent.add(line.slice(1))
  })
  return absent
}

interface Head {
  readonly id: string
  readonly kind: string
  /** Bytes of the body that are still to come, its newline counted. */
  left: number
  /** Null where the body is too large to be kept. */
  readonly body: Buffer[] | null
}

/** Reads `<id> <type> <size>\n<body>\n`, and `<id> missing\n`. Each byte is looked at once, and a body that is too large is not held. */
class BatchReader {
  readonly #each: (id: string, kind: string, body: Buffer) => void
  #line: Buffer[] = []
  #head: Head | null = null

  constructor(each: (id: string, kind: string, body: Buffer) => void) {
    this.#each = each
  }

  take(piece: Buffer): void {
    let data = piece
    while (data.length > 0) {
      if (this.#head === null) {
        const end = data.indexOf(10)
        if (end < 0) {
          this.#line.push(data)
          return
        }
        const line = Buffer.concat([...this.#line, data.subarray(0, end)]).toString('latin1')
        this.#line = []
        data = data.subarray(end + 1)
        this.#begin(line)
        continue
      }
      const part = data.subarray(0, this.#head.left)
      this.#head.body?.push(part)
      this.#head.left -= part.length
      data = data.subarray(part.length)
      if (this.#head.left > 0) return
      const { id, kind, body } = this.#head
      this.#head = null
      if (body) this.#each(id, kind, Buffer.concat(body).subarray(0, -1))
    }
  }

  #begin(line: string): void {
    const [id = '', kind = '', size = ''] = line.split(' ')
    if (kind === 'missing' || kind === 'ambiguous') return
    if (!/^\d+$/.test(size)) throw new EvidenceGitError('git-failed', `git cat-file answered: ${line.slice(0, 200)}`)
    const bytes = Number(size)
    this.#head = { id, kind, left: bytes + 1, body: bytes <= MAX_BLOB ? [] : null }
  }
}
