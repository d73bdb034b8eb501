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
told := input.task.risk if input.task.risk in levels

told := data.governance.risk.without_task if {
	input.task == null
	is_object(input.proposal)
}

changed_paths contains file.path if some file in input.proposal.files

protected_patterns := array.concat(data.governance.paths.protected, object.get(input.settings, "protected_paths", []))

touched_protected := paths.guarded(protected_patterns, changed_paths)

touched_lockfiles := paths.guarded(data.governance.paths.lockfiles, changed_paths)

# METADATA
# description: Each reason raises the risk by one step.
steps contains sprintf("lockfiles are changed: %s", [paths.listed(touched_lockfiles)]) if count(touched_lockfiles) > 0

steps contains "the change came from outside and was validated without isolation" if {
	input.proposal.provenance == "unobserved"
	isolation == "none"
}

default isolation := "none"

isolation := input.validation.isolation_driver

# METADATA
# description: Each reason lifts the risk to a level at least.
floors contains {
	"level": data.governance.risk.protected_floor,
	"reason": sprintf("protected paths are touched: %s", [paths.listed(touched_protected)]),
} if {
	count(touched_protected) > 0
}

raised := min([level_of[told] + count(steps), count(levels) - 1])

floored := max({raised} | {level_of[floor.level] | some floor in floors})

effective := levels[floored]

reasons := sort(steps | {floor.reason | some floor in floors; level_of[floor.level] > level_of[told]})
