# METADATA
# scope: package
# title: Ticked tasks are shown
# description: A change that ticks a task shows the work, as far as the task names what can be looked for. What a task asks for does not shrink with its tick.
# custom:
#   id: ticked_tasks
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/ticked_tasks.md
package gatehouse.policies.ticked_tasks

import data.gatehouse.change
import data.gatehouse.paths

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

told := input.validation.ticked_tasks

facts_are_told if {
	every task in told.judged {
		task.verdict in {"contradicted", "unshown", "partly", "shown"}
		is_boolean(task.lookable)
		is_array(task.dropped)
		is_placed(task)
	}
	every task in told.removed {
		is_placed(task)
	}
	every list in [told.judged, told.removed] {
		is_array(list)
	}
	judging_is_told(told.not_judged)
}

judging_is_told(value) if is_string(value)

judging_is_told(null)

is_placed(task) if {
	is_string(task.path)
	place(task)
}

# METADATA
# description: Where a task stands, by its id too where it has one.
place(task) := sprintf("%s (%s:%d)", [task.id, task.path, task.line]) if is_string(task.id)

place(task) := sprintf("%s:%d", [task.path, task.line]) if task.id == null

violations contains "The validation's facts about ticked tasks are missing: without them nothing is merged. Validate again." if {
	change.is_judged
	not facts_are_told
}

violations contains sprintf("Ticked tasks could not be judged: %s.", [told.not_judged]) if is_string(told.not_judged)

violations contains sprintf("Ticked, and what the task names shows no work: %s.", [paths.listed(unproven)]) if {
	count(unproven) > 0
}

violations contains sprintf("Taken out of a task together with its tick: %s.", [paths.listed(shrunk)]) if {
	count(shrunk) > 0
}

warnings contains sprintf("Ticked, and only a part of what the task names was found: %s.", [paths.listed(partly)]) if {
	count(partly) > 0
}

warnings contains sprintf("Ticked, and the task names nothing that can be looked for: %s.", [paths.listed(vague)]) if {
	count(vague) > 0
}

warnings contains sprintf("Open tasks are taken away: %s.", [paths.listed(removed)]) if {
	count(removed) > 0
}

unproven contains sprintf("%s contradicted", [place(task)]) if {
	some task in told.judged
	task.verdict == "contradicted"
}

unproven contains sprintf("%s unshown", [place(task)]) if {
	some task in told.judged
	task.verdict == "unshown"
	task.lookable
}

shrunk contains sprintf("%s no longer names %s", [place(task), paths.listed(task.dropped)]) if {
	some task in told.judged
	count(task.dropped) > 0
}

partly contains place(task) if {
	some task in told.judged
	task.verdict == "partly"
	task.lookable
}

vague contains place(task) if {
	some task in told.judged
	task.verdict in {"partly", "unshown"}
	not task.lookable
}

removed contains place(task) if some task in told.removed
