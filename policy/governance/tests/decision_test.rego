package gatehouse_test.decision

import data.gatehouse
import data.gatehouse_test.sample

test_each_hook_allows_its_clean_input if {
	every hook in ["before_execute", "after_execute", "before_effect"] {
		decision := gatehouse.decision with input as sample[hook]
		decision.outcome == "allow"
		decision.violations == set()
		decision.effective_risk == "low"
	}
}

test_a_warning_makes_warn if {
	decision := gatehouse.decision with input as sample.changing(["package-lock.json"])
	decision.outcome == "warn"
	decision.violations == set()
}

test_a_finding_says_its_policy_severity_and_runbook if {
	decision := gatehouse.decision with input as object.union(sample.before_execute, {"agent": null})
	decision.violations == {{
		"policy_id": "agent_limits",
		"message": "No registered agent runs this task.",
		"severity": "high",
		"runbook_url": "policy/README.md#agent_limits",
	}}
}

broken := {
	"an empty document": {},
	"no hook": object.remove(sample.before_effect, ["hook"]),
	"an unknown hook": object.union(sample.before_effect, {"hook": "before_lunch"}),
	"no time": object.remove(sample.before_execute, ["at"]),
	"a time that is none": object.union(sample.before_execute, {"at": "tomorrow"}),
	"no settings": object.remove(sample.before_effect, ["settings"]),
	"no actor": object.remove(sample.before_effect, ["actor"]),
	"an unknown risk": object.union(sample.before_effect, {"task": {"risk": "none"}}),
	"nothing to execute": object.union(sample.before_execute, {"task": null}),
	"no proposal after execute": object.union(sample.after_execute, {"proposal": null}),
	"no proposal before effect": object.union(sample.before_effect, {"proposal": null}),
	"files that are none": object.union(sample.before_effect, {"proposal": {"files": "all"}}),
	"a file without path": object.union(sample.before_effect, {"proposal": {"files": [{}]}}),
	"a diff without size": object.union(sample.after_execute, {"proposal": {"diff_bytes": null}}),
	"unknown provenance": object.union(sample.before_effect, {"proposal": {"provenance": "heard"}}),
	"no authors": object.union(sample.before_effect, {"proposal": {"authors": null}}),
	"no effect": object.union(sample.before_effect, {"effect": null}),
	"an agent that is not described": object.union(sample.after_execute, {"agent": null, "actor": {"kind": "agent"}}),
}

test_what_is_missing_denies if {
	every input_document in broken {
		decision := gatehouse.decision with input as input_document
		decision.outcome == "deny"
	}
}

test_each_broken_input_is_said_by_the_contract if {
	every input_document in broken {
		decision := gatehouse.decision with input as input_document
		"decision" in {finding.policy_id | some finding in decision.violations}
	}
}

test_an_agent_that_is_described_may_act if {
	decision := gatehouse.decision with input as object.union(sample.after_execute, {"actor": {"kind": "agent"}})
	decision.outcome == "allow"
}
