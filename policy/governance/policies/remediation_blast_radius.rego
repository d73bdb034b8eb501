# METADATA
# scope: package
# title: A remediation stays small
# description: >-
#   Of a known kind, on few targets in one environment, few files, a bounded number a day. What cannot be undone, and
#   anything in a governed environment, is approved by persons before it is applied.
# custom:
#   id: remediation_blast_radius
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/remediation_blast_radius.md
package gatehouse.policies.remediation_blast_radius

import data.gatehouse.agent
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

rules := data.governance.remediation

wish := input.remediation

violations contains "The remediation neither proposes nor applies." if not mode_is_known

mode_is_known if wish.mode in {"propose", "apply"}

violations contains sprintf("Remediations of the kind %v are not known.", [object.get(input, ["remediation", "kind"], "without name")]) if not kind_is_known

kind_is_known if rules.kinds[wish.kind]

violations contains "What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing." if {
	not is_told
}

is_told if {
	is_array(wish.targets)
	count(wish.targets) > 0
	agent.strings(wish.files)
	is_boolean(wish.reversible)
	is_number(wish.applied_today)
	wish.applied_today >= 0
}

violations contains sprintf("The remediation reaches outside of %s: %s.", [input.environment, concat(", ", outside)]) if {
	count(outside) > 0
}

outside := {sprintf("%v", [object.get(target, "id", "a target without id")]) |
	some target in wish.targets
	not is_here(target)
}

is_here(target) if target.environment == input.environment

violations contains sprintf("The remediation touches %d targets; at most %d are allowed.", [count(wish.targets), rules.targets[settings.class]]) if {
	count(wish.targets) > rules.targets[settings.class]
}

violations contains sprintf("The remediation touches %d files; at most %d are allowed.", [count(wish.files), rules.files]) if {
	count(wish.files) > rules.files
}

violations contains sprintf("%v remediations were applied today; %d are allowed.", [wish.applied_today, rules.applied_per_day[settings.class]]) if {
	applies
	wish.applied_today >= rules.applied_per_day[settings.class]
}

# Anything but a plain proposal is taken for an application.
applies if not is_proposed

is_proposed if wish.mode == "propose"

requirements contains {
	"id": "remediation-approval",
	"count": 1,
	"roles": ["maintainer", "owner"],
	"reason": sprintf("The remediation is applied in a %s environment.", [settings.class]),
} if {
	applies
	settings.class == "governed"
}

requirements contains {
	"id": "irreversible-remediation-approval",
	"count": 1,
	"roles": ["owner"],
	"reason": "The remediation cannot be undone.",
} if {
	applies
	not is_reversible
}

is_reversible if wish.reversible == true
