# METADATA
# scope: package
# title: Only low-risk changes merge by policy alone
# description: >-
#   A merge that asks for no approvals must be of low risk, observed, small, and touch only plain text under low-risk
#   paths that are nothing else.
# custom:
#   id: low_risk_paths
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/low_risk_paths.md
package gatehouse.policies.low_risk_paths

import data.gatehouse.paths
import data.gatehouse.risk

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

rules := data.governance.low_risk

by_policy if input.effect.authority == "policy"

violations contains "Whether the merge is by approvals or by policy cannot be told." if {
	not object.get(input, ["effect", "authority"], "approvals") in {"approvals", "policy"}
}

violations contains sprintf("The change does not merge by policy alone: %s.", [concat("; ", reasons)]) if {
	by_policy
	count(reasons) > 0
}

# Read by change_approval_by_risk: whatever this policy's mode is, approvals are only spared where this holds.
holds if {
	by_policy
	count(reasons) == 0
}

reasons contains "its risk is not low" if not risk_is_low

reasons contains "it came from outside" if not is_observed

reasons contains "it changes no file" if count(files) == 0

reasons contains sprintf("%s are no low-risk paths", [paths.listed(elsewhere)]) if count(elsewhere) > 0

reasons contains sprintf("%s are not plain text", [paths.listed(not_plain)]) if count(not_plain) > 0

reasons contains sprintf("it has more than %d changed lines", [rules.max_changed_lines]) if not is_small

risk_is_low if risk.effective == "low"

is_observed if input.proposal.provenance == "observed"

files := object.get(input, ["proposal", "files"], [])

elsewhere := {file.path | some file in files; not is_low_risk(file.path)}

is_low_risk(path) if {
	not paths.classes[path]
	in_place(path)
}

in_place(path) if rules.folders[paths.segments[path][0]]

in_place(path) if {
	parts := split(paths.names[path], ".")
	rules.extensions[parts[count(parts) - 1]]
}

not_plain := {file.path | some file in files; not is_plain(file)}

is_plain(file) if {
	file.binary == false
	file.new_mode == "100644"
	is_count(file.additions)
	is_count(file.deletions)
}

is_small if sum([n | some file in files; some n in [file.additions, file.deletions]]) <= rules.max_changed_lines

is_count(n) if {
	is_number(n)
	n >= 0
}
