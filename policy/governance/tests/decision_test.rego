package gatehouse_test.decision

import data.gatehouse
import data.gatehouse_test.sample

said(doc) := decision if {
	decision := gatehouse.decision with input as doc
}

test_each_hook_allows_its_clean_input if {
	every doc in sample.by_hook {
		said(doc).outcome == "allow"
		said(doc).violations == set()
		said(doc).warnings == set()
		said(doc).shadowed == set()
	}
}

risks := {
	"before_execute": "low",
	"after_execute": "low",
	"before_effect": "low",
	"on_create_attempt": null,
	"on_promotion_attempt": null,
	"on_policy_update": null,
}

test_what_has_a_task_or_a_proposal_has_a_risk if {
	every name, risk in risks {
		said(sample.by_hook[name]).effective_risk == risk
	}
}

test_a_warning_makes_warn if {
	said(sample.changing(["package-lock.json"])).outcome == "warn"
}

test_a_violation_makes_deny if {
	said(object.union(sample.changing(["package-lock.json"]), {"validation": null})).outcome == "deny"
}

test_a_finding_says_its_policy_severity_and_runbook if {
	said(object.union(sample.before_execute, {"agent": {"runs_today": 10}})).violations == {{
		"policy_id": "agent_limits",
		"message": "The agent renamer has begun 10 runs today; 10 are allowed.",
		"severity": "high",
		"runbook_url": "docs/reference/policies/agent_limits.md",
	}}
}

test_the_contract_speaks_as_the_decision if {
	said(object.remove(sample.before_execute, ["settings"])).violations == {{
		"policy_id": "decision",
		"message": "The input has no settings.",
		"severity": "critical",
		"runbook_url": "docs/reference/policies/decision.md",
	}}
}

test_a_requirement_says_its_policy if {
	{requirement.policy_id | some requirement in said(sample.changing(["main.tf"])).requirements} == {"change_approval_by_risk", "self_modification"}
}

# Every policy says who it is, under its own name; each has its hooks and a mode, and none is listed that is not there.
test_every_policy_is_listed if {
	ids := {id | some id; data.gatehouse.policies[id].meta.id == id}
	count(ids) == 22
	ids == {id | some hook; some id, _ in data.governance.hooks[hook]}
	ids == object.keys(data.governance.modes)
	every id in ids {
		meta := data.gatehouse.policies[id].meta
		meta.severity in {"low", "medium", "high", "critical"}
		meta.owner == "platform-governance"
		meta.runbook == sprintf("docs/reference/policies/%s.md", [id])
	}
}
