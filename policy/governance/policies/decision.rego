# METADATA
# scope: package
# title: The decision
# description: What every policy says about the input, put together. Deny wins over warn, warn over allow.
# custom:
#   id: decision
#   severity: critical
#   owner: platform-governance
#   runbook: policy/README.md#decision
package gatehouse

import data.gatehouse.contract
import data.gatehouse.policies
import data.gatehouse.risk

# METADATA
# title: Decision for the input's hook
# description: Always defined. An input that lacks what its hook is decided by is denied, never passed over.
# entrypoint: true
decision := {
	"outcome": outcome,
	"violations": violations,
	"warnings": warnings,
	"locked_fields": [],
	"mutations": [],
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

violations contains finding("decision", "critical", "policy/README.md#decision", message) if {
	some message in contract.missing
}

violations contains said(policy, message) if {
	some name
	policy := policies[name]
	some message in policy.violations
}

warnings contains said(policy, message) if {
	some name
	policy := policies[name]
	some message in policy.warnings
}

requirements contains object.union(requirement, {"policy_id": policy.id}) if {
	some name
	policy := policies[name]
	some requirement in policy.requirements
}

said(policy, message) := finding(policy.id, policy.severity, policy.runbook, message)

finding(id, severity, runbook, message) := {
	"policy_id": id,
	"message": message,
	"severity": severity,
	"runbook_url": runbook,
}
