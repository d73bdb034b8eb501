import { readFileSync, readdirSync, readlinkSync } from 'node:fs'

/** Host pids from a process down its only line of descent; stops where there are none or several children. */
export function onlyLineage(pid: number): number[] {
  const line = [pid]
  for (let at: number | undefined = pid; at !== undefined;) {
    const children = childrenOf(at)
    at = children.length === 1 ? children[0] : undefined
    if (at !== undefined) line.push(at)
  }
  return line
}

/** Children of a process: /proc/<pid>/task/<tid>/children (proc_pid_task(5)), or a scan where the kernel has no such file. */
export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      numbers(readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')),
    )
  } catch {
    return allProcesses().filter((other) => statField(other, 'PPid') === String(pid))
  }
}

function numbers(text: string): number[] {
  return text.split(' ').filter(Boolean).map(Number)
}

export function allProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

/** A field of /proc/<pid>/status, or null when the process is gone. */
export function statField(pid: number, name: string): string | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return new RegExp(`^${name}:[^\\S\\n]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? null
  } catch {
    return null
  }
}

/** The number in /proc/<pid>/ns/<kind>, or null when it cannot be read. */
export function namespaceOf(pid: number | 'self', kind: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`)
  } catch {
    return null
  }
}

/** Processes of a uid that are not zombies. */
export function processesOfUid(uid: number): number[] {
  return allProcesses().filter((pid) => {
    const uids = statField(pid, 'Uid')?.split(/\s+/)
    return uids?.includes(String(uid)) === true && statField(pid, 'State')?.startsWith('Z') === false
  })
}

/** Processes whose environment holds this text (only those we may read). */
export function processesWithEnvironment(text: string): number[] {
  return allProcesses().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(text)
    } catch {
      return false
    }
  })
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Already gone.
  }
}
