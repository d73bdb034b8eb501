package gatehouse_test.agent_limits

import data.gatehouse
import data.gatehouse_test.sample

running(part) := object.union(sample.before_execute, {"agent": part})

limited(part) := running({"definition": {"limits": part}})

changed(part) := object.union(sample.after_execute, part)

refused_before := {
	"No registered agent runs this task.": object.union(sample.before_execute, {"agent": null}),
	"The agent renamer is disabled; in production only governed agents run.": running({"lifecycle": {"state": "disabled"}}),
	"The agent renamer is draft; in production only governed agents run.": running({"lifecycle": {"state": "draft"}}),
	"The agent renamer is sandbox; in production only governed agents run.": running({"lifecycle": {"state": "sandbox"}}),
	"The agent renamer is draft; in sandbox only sandbox or governed agents run.": object.union(
		running({"lifecycle": {"state": "draft"}}),
		{"environment": "sandbox"},
	),
	"The agent renamer has begun 10 runs today; 10 are allowed.": running({"runs_today": 10}),
	"The agent renamer expired at 2026-11-21T15:04:05Z.": limited({"expires_at": "2026-11-21T15:04:05Z"}),
	"The agent's execution time limit is 7200 s; at most 3600 s are allowed.": limited({"max_execution_time_seconds": 7200}),
	"The agent's execution time limit is 300 s; at most 60 s are allowed.": object.union(
		sample.before_execute,
		{"settings": {"max_execution_time_seconds": 60}},
	),
	"What the agent may do cannot be told: a limit, its lifecycle, its name, its environment or its count of runs is missing.": limited({"expires_at": "never"}),
}

test_agents_over_their_limits_do_not_run if {
	every message, document in refused_before {
		decision := gatehouse.decision with input as document
		decision.outcome == "deny"
		{finding.message | some finding in decision.violations; finding.policy_id == "agent_limits"} == {message}
	}
}

allowed_before := {
	"the last run of the day": running({"runs_today": 9}),
	"a limit not yet reached": limited({"expires_at": "2026-11-21T15:04:05.001Z"}),
	"the whole execution time": limited({"max_execution_time_seconds": 3600}),
	"a sandbox agent in the sandbox": object.union(running({"lifecycle": {"state": "sandbox"}}), {"environment": "sandbox"}),
}

test_agents_within_their_limits_run if {
	every document in allowed_before {
		decision := gatehouse.decision with input as document
		decision.outcome == "allow"
	}
}

test_untold_limits_deny if {
	every part in [
		{"runs_today": null},
		{"definition": {"limits": {"max_requests_per_day": null}}},
		{"definition": {"limits": {"max_execution_time_seconds": "short"}}},
		{"lifecycle": {"state": null}},
		{"name": null, "runs_today": 99},
	] {
		decision := gatehouse.decision with input as running(part)
		decision.outcome == "deny"
	}
}

test_an_agent_without_an_owner_warns if {
	decision := gatehouse.decision with input as running({"owner_person_id": null})
	sample.messages(decision.warnings) == {"The agent renamer has no owner who answers for it."}
}

many := [sample.file(sprintf("src/%d.js", [n])) | some n in numbers.range(1, 4)]

refused_after := {
	"4 files are changed; at most 3 are allowed.": changed({"proposal": {"files": many}}),
	"The diff has 1001 bytes; at most 1000 are allowed.": changed({"proposal": {"diff_bytes": 1001}}),
	"The diff has 400 bytes; at most 399 are allowed.": changed({"settings": {"max_diff_bytes": 399}}),
	"Files outside the agent's allowed paths are changed: README.md, docs/a.md.": changed({"proposal": {"files": [
		sample.file("docs/a.md"),
		sample.file("src/a.js"),
		sample.file("README.md"),
	]}}),
	"The diff has 5000001 bytes; at most 5000000 are allowed.": changed({"agent": null, "proposal": {"diff_bytes": 5000001}}),
}

test_changes_over_the_limits_are_denied if {
	every message, document in refused_after {
		decision := gatehouse.decision with input as document
		decision.outcome == "deny"
		{finding.message | some finding in decision.violations; finding.policy_id == "agent_limits"} == {message}
	}
}

test_the_whole_limit_may_be_used if {
	document := changed({"proposal": {"diff_bytes": 1000, "files": array.slice(many, 0, 3)}})
	decision := gatehouse.decision with input as document
	decision.outcome == "allow"
}

test_untold_bounds_deny if {
	every part in [
		{"limits": {"max_changed_files": null}},
		{"limits": {"max_diff_bytes": null}},
		{"anatomy": {"capabilities": {"allowed_paths": null}}},
	] {
		decision := gatehouse.decision with input as changed({"agent": {"definition": part}})
		decision.outcome == "deny"
	}
}

test_a_person_s_change_has_no_allowed_paths if {
	decision := gatehouse.decision with input as changed({"agent": null, "proposal": {"files": [sample.file("docs/a.md")]}})
	decision.outcome == "allow"
}

test_before_effect_is_not_this_policy_s if {
	document := object.union(sample.before_effect, {"agent": {"runs_today": 99}, "proposal": {"diff_bytes": 5000}})
	decision := gatehouse.decision with input as document
	decision.outcome == "allow"
}

cases := {
	"an effect is judged by others": {"on": "before_effect", "patch": {"agent": {
		"name": "renamer",
		"lifecycle": {"state": "disabled"},
		"runs_today": 99,
		"owner_person_id": null,
		"definition": {"limits": {"expires_at": "2020-01-01T00:00:00Z", "max_execution_time_seconds": 99999}},
	}}},
	"a large change in an effect is judged by others": {"on": "before_effect", "patch": {"proposal": {"id": "pro_1", "files": many, "diff_bytes": 99999999}}},
	"an effect without agent": {"on": "before_effect", "patch": {"agent": null}},
	"an effect of an agent without limits": {"on": "before_effect", "without": ["/agent/definition/limits", "/agent/definition/anatomy/capabilities/allowed_paths"]},
	"a finished run is not begun": {"on": "after_execute", "patch": {"agent": {
		"name": "renamer",
		"lifecycle": {"state": "disabled"},
		"runs_today": 99,
		"owner_person_id": null,
		"definition": {"limits": {"expires_at": "2020-01-01T00:00:00Z", "max_execution_time_seconds": 99999}},
	}}},
	"a finished run without agent": {"on": "after_execute", "patch": {"agent": null}},
	"a run that begins has changed nothing yet": {"on": "before_execute", "patch": {"proposal": {"id": "pro_1", "files": many, "diff_bytes": 99999999}}},
	"a run that begins needs no paths yet": {"on": "before_execute", "without": ["/agent/definition/anatomy/capabilities/allowed_paths"]},
	"a draft that is looked at": {"on": "on_review_open"},
	"a name that is a number": {"on": "before_execute", "patch": {"agent": {"name": 7}}, "violations": ["What the agent may do cannot be told: a limit, its lifecycle, its name, its environment or its count of runs is missing."]},
	"a run without lifecycle": {"on": "before_execute", "without": ["/agent/lifecycle"], "violations": ["What the agent may do cannot be told: a limit, its lifecycle, its name, its environment or its count of runs is missing."]},
	"a run without environment": {"on": "before_execute", "without": ["/environment"], "violations": ["What the agent may do cannot be told: a limit, its lifecycle, its name, its environment or its count of runs is missing."]},
	"a run without count": {"on": "before_execute", "without": ["/agent/runs_today"], "violations": ["What the agent may do cannot be told: a limit, its lifecycle, its name, its environment or its count of runs is missing."]},
	"a run without name": {"on": "before_execute", "without": ["/agent/name"], "violations": ["What the agent may do cannot be told: a limit, its lifecycle, its name, its environment or its count of runs is missing."]},
	"a run without an owner": {"on": "before_execute", "patch": {"agent": {"owner_person_id": null}}, "warnings": ["The agent renamer has no owner who answers for it."]},
	"a limit of files that is text": {"on": "after_execute", "patch": {"agent": {"definition": {"limits": {"max_changed_files": "many"}}}}, "violations": ["How much the agent may change cannot be told: a limit or its allowed paths are missing."]},
	"a limit of bytes that is missing": {"on": "after_execute", "without": ["/agent/definition/limits/max_diff_bytes"], "violations": ["How much the agent may change cannot be told: a limit or its allowed paths are missing."]},
	"allowed paths that are missing": {"on": "after_execute", "without": ["/agent/definition/anatomy/capabilities/allowed_paths"], "violations": ["How much the agent may change cannot be told: a limit or its allowed paths are missing.", "Files outside the agent's allowed paths are changed: src/price.js."]},
	"allowed paths that are text": {"on": "after_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"allowed_paths": "src/**"}}}}}, "violations": ["How much the agent may change cannot be told: a limit or its allowed paths are missing.", "Files outside the agent's allowed paths are changed: src/price.js."]},
	"one file outside": {"on": "after_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"allowed_paths": ["lib/**"]}}}}}, "violations": ["Files outside the agent's allowed paths are changed: src/price.js."]},
}

test_each_case_is_answered_as_wanted if sample.wrong("agent_limits", cases) == {}
