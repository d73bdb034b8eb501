# METADATA
# scope: package
# title: Effective risk
# description: The task's risk, raised by what the change touches and by how little is known about it.
package gatehouse.risk

import data.gatehouse.paths

levels := data.governance.risk.levels

level_of[name] := i if some i, name in levels

# METADATA
# description: Risk as told, or as assumed for a change without a task. Undefined where there is neither.
told := input.task.risk

told := data.governance.risk.without_task if {
	input.task == null
	is_object(input.proposal)
}

raisers contains {
	"steps": rule.steps,
	"floor": level_of[rule.floor],
	"reason": sprintf("%s: %s", [rule.words, paths.listed(touched)]),
} if {
	some class, touched in paths.touched
	rule := data.governance.path_classes[class]
}

raisers contains {
	"steps": 1,
	"reason": "the change came from outside and was validated without isolation",
} if {
	input.proposal.provenance == "unobserved"
	isolation == "none"
}

default isolation := "none"

isolation := input.validation.isolation_driver

raised := min([level_of[told] + sum([raiser.steps | some raiser in raisers]), count(levels) - 1])

floored := max({raised} | {raiser.floor | some raiser in raisers})

effective := levels[floored]

reasons := {raiser.reason | some raiser in raisers; raises(raiser)}

raises(raiser) if raiser.steps > 0

raises(raiser) if raiser.floor > level_of[told]
