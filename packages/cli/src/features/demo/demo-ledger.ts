import { exportLines } from '@gatehouse/ledger/export-file'
import { verifyExport, type VerifyResult } from '@gatehouse/ledger/verify'

/** Verifies an export held in memory, offline. */
export function verifyText(bytes: Uint8Array): Promise<VerifyResult> {
  async function* chunks() {
    yield bytes
  }
  return verifyExport(exportLines(chunks()))
}
