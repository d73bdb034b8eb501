# METADATA
# scope: package
# title: The decision
# description: What every policy of the input's hook says about it, put together. Deny wins over warn, warn over allow.
# custom:
#   id: decision
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/decision.md
package gatehouse

import data.gatehouse.contract
import data.gatehouse.exceptions
import data.gatehouse.modes
import data.gatehouse.policies
import data.gatehouse.risk

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

# METADATA
# title: Decision for the input's hook
# description: Always defined. An input that lacks what its hook is decided by is denied, never passed over.
# entrypoint: true
decision := {
	"outcome": outcome,
	"violations": violations,
	"warnings": warnings,
	"shadowed": shadowed,
	"locked_fields": locked_fields,
	"mutations": mutations,
	"requirements": requirements,
	"effective_risk": effective_risk,
}

default outcome := "allow"

outcome := "deny" if {
	count(violations) > 0
} else := "warn" if {
	count(warnings) > 0
}

default effective_risk := null

effective_risk := risk.effective

violations contains finding(meta, message) if some message in contract.missing

violations contains finding(policies[id].meta, message) if {
	some id in modes.enforced
	not exceptions.excused[id]
	some message in policies[id].violations
}

warnings contains finding(policies[id].meta, message) if {
	some id in modes.enforced
	some message in policies[id].warnings
}

warnings contains finding(policies[id].meta, sprintf("%s (excused until %s by exception %s)", [message, leave.expires_at, leave.id])) if {
	some id in modes.enforced
	leave := exceptions.excused[id]
	some message in policies[id].violations
}

warnings contains finding(policies[id].meta, message) if {
	some id in modes.warned
	some message in said[id]
}

warnings contains finding(meta, message) if some message in exceptions.refused

shadowed contains finding(policies[id].meta, message) if {
	some id in modes.shadowed
	some message in said[id]
}

# All that an advisory policy says; what it would require is said in words.
said[id] contains message if {
	some id in modes.advisory
	some message in policies[id].violations
}

said[id] contains message if {
	some id in modes.advisory
	some message in policies[id].warnings
}

said[id] contains sprintf("Would need %d approval(s): %s", [requirement.count, requirement.reason]) if {
	some id in modes.advisory
	some requirement in policies[id].requirements
}

requirements contains object.union(requirement, {"policy_id": id}) if {
	some id in modes.enforced
	some requirement in policies[id].requirements
}

locked_fields := sort({path |
	some id in modes.enforced
	some path in policies[id].locked_fields
})

mutations contains object.union(mutation, {"policy_id": id}) if {
	some id in modes.enforced
	some mutation in policies[id].mutations
}

finding(policy, message) := {
	"policy_id": policy.id,
	"message": message,
	"severity": policy.severity,
	"runbook_url": policy.runbook,
}
