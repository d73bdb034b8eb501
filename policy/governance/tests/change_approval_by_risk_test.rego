package gatehouse_test.change_approval_by_risk

import data.gatehouse
import data.gatehouse_test.sample

with_risk(risk) := object.union(sample.before_effect, {"task": {"risk": risk}})

asked(document) := {requirement.id: requirement.count |
	some requirement in gatehouse.decision.requirements with input as document
	requirement.policy_id == "change_approval_by_risk"
}

cases := {
	"low": {"approvals": 1},
	"medium": {"approvals": 1},
	"high": {"approvals": 2, "owner-approval": 1},
	"critical": {"approvals": 2, "owner-approval": 1},
}

test_approvals_by_risk if {
	every risk, want in cases {
		asked(with_risk(risk)) == want
	}
}

test_approvals_are_by_maintainers_or_owners if {
	decision := gatehouse.decision with input as with_risk("low")
	{requirement.roles | some requirement in decision.requirements} == {["maintainer", "owner"]}
}

test_a_change_without_a_task_is_medium if {
	decision := gatehouse.decision with input as object.union(sample.before_effect, {"task": null})
	decision.effective_risk == "medium"
}

settings := {
	"more for low": {"risk": "low", "approvals": {"low": 3}, "asks": {"approvals": 3}},
	"more for medium": {"risk": "medium", "approvals": {"medium": 2}, "asks": {"approvals": 2}},
	"more for another risk": {"risk": "low", "approvals": {"medium": 2}, "asks": {"approvals": 1}},
	"more for high": {"risk": "high", "approvals": {"high": 3}, "asks": {"approvals": 3, "owner-approval": 1}},
	"less for high": {"risk": "high", "approvals": {"high": 0}, "asks": {"approvals": 2, "owner-approval": 1}},
	"as many for critical": {"risk": "critical", "approvals": {"critical": 2}, "asks": {"approvals": 2, "owner-approval": 1}},
}

test_a_setting_asks_for_more_and_never_for_less if {
	every case in settings {
		asked(object.union(with_risk(case.risk), {"settings": {"approvals": case.approvals}})) == case.asks
	}
}

strict := {"low": 1, "medium": 2, "high": 2, "critical": 3}

test_the_strict_preset_asks_for_more if {
	every risk, n in strict {
		decision := gatehouse.decision with input as with_risk(risk) with data.governance.preset as "strict"
		{requirement.count | some requirement in decision.requirements; requirement.id == "approvals"} == {n}
	}
}

test_preset_and_setting_the_larger_counts if {
	doc := object.union(with_risk("medium"), {"settings": {"approvals": {"medium": 1}}})
	decision := gatehouse.decision with input as doc with data.governance.preset as "strict"
	{requirement.count | some requirement in decision.requirements} == {2}
}

test_a_project_has_its_preset_by_name if {
	decision := gatehouse.decision with input as with_risk("medium") with data.governance.project_presets as {"demo": "strict"}
	{requirement.count | some requirement in decision.requirements} == {2}
}

test_reasons_and_roles if {
	decision := gatehouse.decision with input as with_risk("high")
	decision.requirements == {
		{
			"id": "approvals",
			"policy_id": "change_approval_by_risk",
			"count": 2,
			"roles": ["maintainer", "owner"],
			"reason": "The effective risk is high: 2 approval(s) by persons who are no authors.",
		},
		{
			"id": "owner-approval",
			"policy_id": "change_approval_by_risk",
			"count": 1,
			"roles": ["owner"],
			"reason": "The effective risk is high: one of the approvals is an owner's.",
		},
	}
}

test_a_risk_that_cannot_be_told_denies if {
	decision := gatehouse.decision with input as with_risk("none")
	sample.messages(decision.violations) == {
		"The risk of the change cannot be told, so nobody can say whose approval it needs.",
		"The task's risk is not one of low, medium, high, critical.",
	}
}

test_other_hooks_ask_for_no_approval if {
	every hook in ["before_execute", "after_execute"] {
		decision := gatehouse.decision with input as sample.by_hook[hook]
		decision.requirements == set()
		decision.violations == set()
	}
}

unjudged := {
	"a run of unknown risk": {"on": "before_execute", "patch": {"task": {"risk": "none"}}},
	"a change of high risk before a validation": {"on": "after_execute", "patch": {"task": {"risk": "high"}}},
	"a lockfile before a validation": {"on": "after_execute", "patch": {"proposal": {"files": [sample.file("yarn.lock")]}}},
}

test_before_it_is_judged_nothing_is_said if sample.wrong("change_approval_by_risk", unjudged) == {}
