# METADATA
# scope: package
# title: What governs the work is changed with care
# description: >-
#   Changes to agents, policy, CI, infrastructure, git itself or this product raise the risk (see risk.rego) and need
#   owners, beside the approvals by risk.
# custom:
#   id: self_modification
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/self_modification.md
package gatehouse.policies.self_modification

import data.gatehouse.change
import data.gatehouse.paths
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

touched[class] := files if {
	some class, files in paths.touched
	data.governance.path_classes[class].self
}

warnings contains sprintf("What governs the work is changed: %s.", [concat("; ", reasons)]) if {
	change.is_judged
	count(touched) > 0
}

reasons contains sprintf("%s: %s", [data.governance.path_classes[class].words, paths.listed(files)]) if {
	some class, files in touched
}

requirements contains {
	"id": "self-modification-approval",
	"count": settings.most("self_modification_owners", 1),
	"roles": ["owner"],
	"reason": sprintf("What governs the work is changed (%s): owners must agree.", [concat(", ", object.keys(touched))]),
} if {
	change.is_judged
	count(touched) > 0
}
