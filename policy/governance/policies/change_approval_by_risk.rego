# METADATA
# scope: package
# title: A change needs approvals by its risk
# description: >-
#   Low and medium: one maintainer or above who is no author. High and critical: two, one of them an owner.
#   What counts is the effective risk.
# custom:
#   id: change_approval_by_risk
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/change_approval_by_risk.md
package gatehouse.policies.change_approval_by_risk

import data.gatehouse.change
import data.gatehouse.policies.low_risk_paths
import data.gatehouse.risk
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

# A merge by policy alone is judged by low_risk_paths; where that does not hold, approvals are needed as ever.
asks if {
	change.is_judged
	not low_risk_paths.holds
}

preset := data.governance.approvals[risk.effective]

# A preset or a setting can ask for more, never for less.
needed := settings.approvals(risk.effective, preset.count)

requirements contains {
	"id": "approvals",
	"count": needed,
	"roles": preset.roles,
	"reason": sprintf("The effective risk is %s: %d approval(s) by persons who are no authors.", [risk.effective, needed]),
} if {
	asks
}

requirements contains {
	"id": "owner-approval",
	"count": 1,
	"roles": ["owner"],
	"reason": sprintf("The effective risk is %s: one of the approvals is an owner's.", [risk.effective]),
} if {
	change.is_judged
	preset.owner
}

warnings contains sprintf("The risk is %s instead of %s: %s.", [risk.effective, risk.told, concat("; ", risk.reasons)]) if {
	change.is_judged
	risk.effective != risk.told
}

violations contains "The risk of the change cannot be told, so nobody can say whose approval it needs." if {
	change.is_judged
	not preset
}
