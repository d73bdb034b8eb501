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
#   runbook: policy/README.md#change_approval_by_risk
package gatehouse.policies.change_approval_by_risk

import data.gatehouse.risk

annotations := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

id := annotations.id

severity := annotations.severity

runbook := annotations.runbook

applies if input.hook == "before_effect"

# A finished validation is judged at once, so that nobody is asked to approve what the gate would refuse.
applies if {
	input.hook == "after_execute"
	is_object(input.validation)
}

preset := data.governance.approvals[risk.effective]

# A setting can ask for more, never for less.
needed := max([preset.count, object.get(input.settings, ["approvals", risk.effective], 0)])

requirements contains {
	"id": "approvals",
	"count": needed,
	"roles": preset.roles,
	"reason": sprintf("The effective risk is %s: %d approval(s) by persons who are no authors.", [risk.effective, needed]),
} if {
	applies
}

requirements contains {
	"id": "owner-approval",
	"count": 1,
	"roles": ["owner"],
	"reason": sprintf("The effective risk is %s: one of the approvals is an owner's.", [risk.effective]),
} if {
	applies
	preset.owner
}

warnings contains sprintf("The risk is %s instead of %s: %s.", [risk.effective, risk.told, concat("; ", risk.reasons)]) if {
	applies
	risk.effective != risk.told
}

violations contains "The risk of the change cannot be told, so nobody can say whose approval it needs." if {
	applies
	not preset
}
