import { announce } from './announcer.tsx'

/** Copies text and says so. The clipboard API is missing where the page is not on https or localhost: then by a selection. */
export async function copyText(text: string, what: string): Promise<boolean> {
  const done = await write(text)
  announce(done ? `Copied ${what}` : `Could not copy ${what}: the browser refused`)
  return done
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    area.style.opacity = '0'
    document.body.append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    return done
  }
}
