package gatehouse_test.ticked_tasks

import data.gatehouse
import data.gatehouse_test.sample

told(part) := object.union(sample.before_effect, {"validation": {"ticked_tasks": part}})

tick(part) := object.union(
	{"id": "T012", "path": "specs/001-cart/tasks.md", "line": 7, "verdict": "shown", "lookable": true, "dropped": []},
	part,
)

ticks(parts) := told({"judged": [tick(part) | some part in parts]})

denied := {
	"Ticked, and what the task names shows no work: T012 (specs/001-cart/tasks.md:7) contradicted.": ticks([{"verdict": "contradicted"}]),
	"Ticked, and what the task names shows no work: T012 (specs/001-cart/tasks.md:7) unshown.": ticks([{"verdict": "unshown"}]),
	"Ticked, and what the task names shows no work: README.md:3 contradicted, T012 (specs/001-cart/tasks.md:7) unshown.": ticks([
		{"verdict": "unshown"},
		{"verdict": "contradicted", "id": null, "path": "README.md", "line": 3},
		{},
	]),
	"Taken out of a task together with its tick: T012 (specs/001-cart/tasks.md:7) no longer names src/a.ts, total.": ticks([{"dropped": ["total", "src/a.ts"]}]),
	"Taken out of a task together with its tick: T012 (specs/001-cart/tasks.md:7) no longer names total.": ticks([{"dropped": ["total"]}]),
	"Ticked tasks could not be judged: git failed.": told({"not_judged": "git failed"}),
}

test_a_tick_without_work_is_denied_by_name if {
	every message, document in denied {
		decision := gatehouse.decision with input as document
		decision.outcome == "deny"
		sample.messages(decision.violations) == {message}
		sample.messages(decision.warnings) == set()
	}
}

warned := {
	"Ticked, and only a part of what the task names was found: T012 (specs/001-cart/tasks.md:7).": ticks([{"verdict": "partly"}]),
	"Ticked, and the task names nothing that can be looked for: README.md:7.": ticks([{"verdict": "unshown", "lookable": false, "id": null, "path": "README.md"}]),
	"Ticked, and the task names nothing that can be looked for: T012 (specs/001-cart/tasks.md:7).": ticks([{"verdict": "partly", "lookable": false}]),
	"Open tasks are taken away: a.md:1.": told({"removed": [{"id": null, "path": "a.md", "line": 1}]}),
	"Open tasks are taken away: T001 (a.md:1), b.md:2.": told({"removed": [{"id": "T001", "path": "a.md", "line": 1}, {"id": null, "path": "b.md", "line": 2}]}),
}

test_what_a_person_has_to_judge_warns if {
	every message, document in warned {
		decision := gatehouse.decision with input as document
		decision.outcome == "warn"
		sample.messages(decision.warnings) == {message}
	}
}

test_ticks_that_are_shown_are_no_matter if {
	decision := gatehouse.decision with input as ticks([{}, {"id": "T013", "line": 8}, {"lookable": false, "line": 9}])
	decision.outcome == "allow"
}

missing := {
	"no validation": object.union(sample.before_effect, {"validation": null}),
	"nothing": told(null),
	"no list": told({"judged": null}),
	"a list that is an object": told({"judged": {"a": tick({})}}),
	"no removed": told({"removed": null}),
	"removed in an object": told({"removed": {}}),
	"a removed task without a place": told({"removed": [{"id": null, "path": null, "line": 1}]}),
	"a removed task of an id that is none": told({"removed": [{"id": 1, "path": "a.md", "line": 1}]}),
	"a reason that is none": told({"not_judged": 1}),
	"an unknown verdict": ticks([{"verdict": "fine"}]),
	"no word on what can be looked for": ticks([{"lookable": null}]),
	"no word on what is gone": ticks([{"dropped": null}]),
	"no place": ticks([{"path": null}]),
	"an id that is none": ticks([{"id": 1}]),
	"a list that is text": told({"judged": "none"}),
}

test_missing_facts_are_denied if {
	every document in missing {
		decision := gatehouse.decision with input as document
		"The validation's facts about ticked tasks are missing: without them nothing is merged. Validate again." in sample.messages(decision.violations)
	}
}

test_before_a_validation_nothing_is_said_about_ticks if {
	every hook in ["before_execute", "after_execute"] {
		decision := gatehouse.decision with input as object.union(sample[hook], {"validation": null})
		decision.outcome == "allow"
	}
}

test_a_finished_validation_is_judged_at_once if {
	facts := object.union(sample.before_effect.validation, {"ticked_tasks": {"judged": [tick({"verdict": "contradicted"})]}})
	decision := gatehouse.decision with input as object.union(sample.after_execute, {"validation": facts})
	decision.outcome == "deny"
}

test_an_exception_lets_a_tick_pass_for_its_time if {
	document := object.union(ticks([{"verdict": "unshown"}]), {"exceptions": {"ticked_tasks": [object.union(sample.exception, {"policy_id": "ticked_tasks"})]}})
	decision := gatehouse.decision with input as document
	decision.outcome == "warn"
}
