package gatehouse_test.exceptions

import data.gatehouse
import data.gatehouse.exceptions
import data.gatehouse_test.sample

window := {
	"id": "w",
	"from": "2026-11-21T00:00:00Z",
	"to": "2026-11-22T00:00:00Z",
	"environments": [],
	"branches": [],
	"reason": "R",
}

frozen := object.union(sample.before_effect, {"settings": {"freeze": [window]}})

said(leaves) := decision if {
	decision := gatehouse.decision with input as object.union(frozen, {"exceptions": {"freeze": leaves}})
}

leave(part) := object.union(sample.exception, part)

# Exceptions that count: the violation is a warning that says so.
counting := {
	"as it is": leave({}),
	"for the agent": leave({"scope": {"agent_id": "agt_1", "repository_id": null}}),
	"for agent and repository": leave({"scope": {"agent_id": "agt_1"}}),
	"from this moment on": leave({"starts_at": "2026-11-21T15:04:05Z"}),
	"until the next moment": leave({"expires_at": "2026-11-21T15:04:05.000000001Z"}),
}

test_an_exception_that_counts_turns_a_violation_into_a_warning if {
	every one in counting {
		said([one]).violations == set()
		said([one]).outcome == "warn"
		sample.messages(said([one]).warnings) == {sprintf("The freeze w is in force until 2026-11-22T00:00:00Z: R (excused until %s by exception exc_1)", [one.expires_at])}
		{finding.policy_id | some finding in said([one]).warnings} == {"freeze"}
	}
}

# Exceptions that do not, and why where a word is needed.
ignored := {
	"in another environment": {"leave": leave({"scope": {"environment": "staging"}}), "why": []},
	"in another repository": {"leave": leave({"scope": {"repository_id": "rep_2"}}), "why": []},
	"for another agent": {"leave": leave({"scope": {"agent_id": "agt_2"}}), "why": []},
	"not yet": {"leave": leave({"starts_at": "2026-11-21T15:04:05.000000001Z"}), "why": []},
	"no more": {"leave": leave({"expires_at": "2026-11-21T15:04:05Z"}), "why": []},
	"agent not said": {"leave": json.remove(leave({}), ["/scope/agent_id"]), "why": []},
	"repository not said": {"leave": json.remove(leave({"scope": {"agent_id": "agt_1"}}), ["/scope/repository_id"]), "why": []},
	"from another policy": {"leave": leave({"policy_id": "egress"}), "why": ["it is from another policy"]},
	"approved by one": {"leave": leave({"approved_by": ["per_owner"]}), "why": ["too few persons approved it"]},
	"approved by one twice": {"leave": leave({"approved_by": ["per_owner", "per_owner"]}), "why": ["too few persons approved it"]},
	"approved by who asked": {"leave": leave({"approved_by": ["per_owner", "per_author"]}), "why": ["too few persons approved it"]},
	"approved by nobody": {"leave": object.remove(sample.exception, ["approved_by"]), "why": ["too few persons approved it"]},
	"out of bounds": {"leave": leave({"reason": "Because."}), "why": ["its reason is too short"]},
	"out of bounds and unapproved": {"leave": leave({"reason": "Because.", "approved_by": []}), "why": ["its reason is too short", "too few persons approved it"]},
}

test_an_exception_that_does_not_count_changes_nothing if {
	every case in ignored {
		decision := said([case.leave])
		sample.messages(decision.violations) == {"The freeze w is in force until 2026-11-22T00:00:00Z: R"}
		sample.messages(decision.warnings) == {sprintf("The exception exc_1 from freeze does not count: %s.", [concat("; ", case.why)]) | count(case.why) > 0}
	}
}

test_in_the_sandbox_one_approval_is_enough if {
	one := leave({"policy_id": "tool_allowlist", "scope": {"environment": "sandbox", "repository_id": null}, "approved_by": ["per_owner"]})
	doc := object.union(sample.on_create_attempt, {
		"agent": {"definition": {"anatomy": {"capabilities": {"tools": ["curl"]}}}},
		"exceptions": {"tool_allowlist": [one]},
	})
	decision := gatehouse.decision with input as doc
	decision.violations == set()
}

test_the_first_that_counts_is_named if {
	decision := said([leave({"id": "exc_0", "expires_at": "2026-11-21T01:00:00Z"}), leave({"id": "exc_2"}), leave({"id": "exc_1"})])
	sample.messages(decision.warnings) == {"The freeze w is in force until 2026-11-22T00:00:00Z: R (excused until 2026-11-22T00:00:00Z by exception exc_2)"}
}

test_an_exception_from_another_policy_does_not_help if {
	decision := gatehouse.decision with input as object.union(frozen, {"exceptions": {"egress": [leave({"policy_id": "egress"})]}})
	decision.outcome == "deny"
	decision.warnings == set()
}

test_an_exception_from_a_policy_of_another_hook_is_not_looked_at if {
	leaves := [leave({"policy_id": "egress"}), leave({"policy_id": "egress", "reason": "Because."})]
	doc := object.union(frozen, {"exceptions": {"egress": leaves}})
	exceptions.excused == {} with input as doc
	exceptions.refused == set() with input as doc
}

test_an_exception_without_id_is_told_so if {
	decision := said([object.remove(leave({"reason": "Because."}), ["id"])])
	sample.messages(decision.warnings) == {"The exception without id from freeze does not count: its reason is too short."}
}

# No exception leads around tests, approvals, owners of code or of policy.
test_what_knows_no_exception if {
	object.keys(data.governance.modes) - object.keys(data.governance.exceptions.max_days) == {
		"change_approval_by_risk",
		"code_owners",
		"exception_bounds",
		"field_locks",
		"low_risk_paths",
		"policy_update",
		"self_modification",
		"tests_not_removed",
	}
}

test_a_policy_that_knows_none_still_denies if {
	one := leave({"policy_id": "tests_not_removed"})
	doc := object.union(sample.before_effect, {"validation": null, "exceptions": {"tests_not_removed": [one]}})
	decision := gatehouse.decision with input as doc
	decision.outcome == "deny"
}
