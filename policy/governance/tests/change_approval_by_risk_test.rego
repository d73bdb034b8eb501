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

test_protected_paths_need_two_approvals if {
	every path in [".github/workflows/ci.yml", ".gatehouse/recipe.json", "policy/governance/data/paths.json", ".GitHub/x", "a/b/Jenkinsfile", "CODEOWNERS"] {
		asked(sample.changing([path])) == {"approvals": 2, "owner-approval": 1}
	}
}

test_a_path_that_only_looks_protected_is_not if {
	every path in ["src/.github.js", "src/policy/x.js", "docs/policy.md"] {
		asked(sample.changing([path])) == {"approvals": 1}
	}
}

test_a_lockfile_raises_the_risk_a_step if {
	every path in ["package-lock.json", "packages/a/package-lock.json", "Cargo.lock"] {
		decision := gatehouse.decision with input as sample.changing([path])
		decision.effective_risk == "medium"
		messages := sample.messages(decision.warnings)
		sprintf("The risk is medium instead of low: lockfiles are changed: %s.", [path]) in messages
	}
}

test_unobserved_without_isolation_raises_the_risk if {
	document := object.union(sample.before_effect, {
		"proposal": {"provenance": "unobserved"},
		"validation": {"isolation_driver": "none"},
	})
	decision := gatehouse.decision with input as document
	decision.effective_risk == "medium"
}

test_either_alone_does_not if {
	every part in [{"proposal": {"provenance": "unobserved"}}, {"validation": {"isolation_driver": "none"}}] {
		decision := gatehouse.decision with input as object.union(sample.before_effect, part)
		decision.effective_risk == "low"
	}
}

test_risk_does_not_go_over_critical if {
	document := object.union(sample.changing(["yarn.lock"]), {"task": {"risk": "critical"}})
	decision := gatehouse.decision with input as document
	decision.effective_risk == "critical"
	decision.outcome == "allow"
}

test_a_change_without_a_task_is_medium if {
	decision := gatehouse.decision with input as object.union(sample.before_effect, {"task": null})
	decision.effective_risk == "medium"
}

test_a_setting_asks_for_more if {
	asked(object.union(sample.before_effect, {"settings": {"approvals": {"low": 3}}})) == {"approvals": 3}
}

test_a_setting_never_asks_for_less if {
	asked(object.union(with_risk("high"), {"settings": {"approvals": {"high": 0}}})) == {"approvals": 2, "owner-approval": 1}
}

test_a_setting_protects_more_paths if {
	document := object.union(sample.changing(["infra/main.tf"]), {"settings": {"protected_paths": ["infra/**"]}})
	asked(document) == {"approvals": 2, "owner-approval": 1}
}

test_other_hooks_ask_for_no_approval if {
	every hook in ["before_execute", "after_execute"] {
		decision := gatehouse.decision with input as sample[hook]
		decision.requirements == set()
	}
}

test_isolation_that_is_not_told_counts_as_none if {
	document := object.union(sample.before_effect, {"proposal": {"provenance": "unobserved"}, "validation": null})
	decision := gatehouse.decision with input as document
	decision.effective_risk == "medium"
}
