import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { addPolicyBuild } from './policy-build.ts'
import { addPolicyCheck } from './policy-check.ts'
import { addPolicyCoverage } from './policy-coverage.ts'
import { addPolicyDiff } from './policy-diff.ts'
import { addPolicyExplain } from './policy-explain.ts'
import { addPolicyFmt } from './policy-fmt.ts'
import { addPolicyMutate } from './policy-mutate.ts'
import { addPolicyOwners } from './policy-owners.ts'
import { addPolicyPull } from './policy-pull.ts'
import { addPolicyPush } from './policy-push.ts'
import { addPolicyScan } from './policy-scan.ts'
import { addPolicySign } from './policy-sign.ts'
import { addPolicyTest } from './policy-test.ts'
import { addPolicyVerify } from './policy-verify.ts'

/** `gatehouse policy ...`: works on files, without a server. */
export function policyCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'policy', 'Policies: check, test, build, compare, sign, explain')
  addPolicyFmt(group, host)
  addPolicyCheck(group, host)
  addPolicyTest(group, host)
  addPolicyMutate(group, host)
  addPolicyCoverage(group, host)
  addPolicyBuild(group, host)
  addPolicyPush(group, host)
  addPolicySign(group, host)
  addPolicyVerify(group, host)
  addPolicyPull(group, host)
  addPolicyDiff(group, host)
  addPolicyScan(group, host)
  addPolicyExplain(group, host)
  addPolicyOwners(group, host)
}
