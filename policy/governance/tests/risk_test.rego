package gatehouse_test.risk

import data.gatehouse
import data.gatehouse_test.sample

# The effective risk of a change, and the reasons in words. `risk` is the task's.
cases := {
	"code": {"risk": "low", "files": ["src/a.js"], "is": "low", "why": ""},
	"a lockfile": {"risk": "low", "files": ["yarn.lock"], "is": "medium", "why": "lockfiles are changed: yarn.lock"},
	"two lockfiles are one step": {"risk": "low", "files": ["yarn.lock", "a/yarn.lock"], "is": "medium", "why": "lockfiles are changed: a/yarn.lock, yarn.lock"},
	"a build file": {"risk": "low", "files": ["package.json"], "is": "medium", "why": "build files are changed: package.json"},
	"a build file and a lockfile": {
		"risk": "low",
		"files": ["package.json", "yarn.lock"],
		"is": "high",
		"why": "build files are changed: package.json; lockfiles are changed: yarn.lock",
	},
	"a lockfile in a high task": {"risk": "high", "files": ["yarn.lock"], "is": "critical", "why": "lockfiles are changed: yarn.lock"},
	"a lockfile in a critical task": {"risk": "critical", "files": ["yarn.lock"], "is": "critical", "why": ""},
	"agents": {"risk": "low", "files": ["CLAUDE.md"], "is": "high", "why": "agents and their instructions are changed: CLAUDE.md"},
	"policy": {"risk": "low", "files": ["policy/a.json"], "is": "high", "why": "policy is changed: policy/a.json"},
	"ci": {"risk": "low", "files": [".github/workflows/ci.yml"], "is": "high", "why": "continuous integration is changed: .github/workflows/ci.yml"},
	"gatehouse": {"risk": "low", "files": [".gatehouse/recipe.yaml"], "is": "high", "why": "Gatehouse's own files are changed: .gatehouse/recipe.yaml"},
	"infrastructure": {"risk": "low", "files": ["Dockerfile"], "is": "high", "why": "infrastructure is changed: Dockerfile"},
	"git": {"risk": "medium", "files": [".gitmodules"], "is": "high", "why": "git's own configuration is changed: .gitmodules"},
	"a floor that is reached already": {"risk": "high", "files": ["Dockerfile"], "is": "high", "why": ""},
	"a floor under the risk": {"risk": "critical", "files": ["Dockerfile"], "is": "critical", "why": ""},
	"a floor and a step": {
		"risk": "low",
		"files": ["Dockerfile", "yarn.lock"],
		"is": "high",
		"why": "infrastructure is changed: Dockerfile; lockfiles are changed: yarn.lock",
	},
	"a floor and a step on a high task": {"risk": "high", "files": ["Dockerfile", "yarn.lock"], "is": "critical", "why": "lockfiles are changed: yarn.lock"},
	"odd names": {"risk": "low", "files": ["package.json."], "is": "high", "why": "names are changed that a file system may read as others: package.json."},
}

warned(said) := {finding.message | some finding in said.warnings; finding.policy_id == "change_approval_by_risk"}

test_each_case_has_its_risk if {
	every case in cases {
		said := gatehouse.decision with input as object.union(sample.changing(case.files), {"task": {"risk": case.risk}})
		said.effective_risk == case.is
		warned(said) == {sprintf("The risk is %s instead of %s: %s.", [case.is, case.risk, case.why]) | case.why != ""}
	}
}

unobserved := {"proposal": {"provenance": "unobserved"}}

bare := {"validation": {"isolation_driver": "none"}}

knowledge := {
	"observed in isolation": {"part": {}, "is": "low"},
	"unobserved in isolation": {"part": unobserved, "is": "low"},
	"observed without isolation": {"part": bare, "is": "low"},
	"unobserved without isolation": {"part": object.union(unobserved, bare), "is": "medium"},
	"unobserved and not validated": {"part": object.union(unobserved, {"validation": null}), "is": "medium"},
	"no task": {"part": {"task": null}, "is": "medium"},
}

test_what_is_not_known_raises_the_risk if {
	every case in knowledge {
		said := gatehouse.decision with input as object.union(sample.before_effect, case.part)
		said.effective_risk == case.is
	}
}

test_the_reason_is_said if {
	said := gatehouse.decision with input as object.union(sample.before_effect, object.union(unobserved, bare))
	warned(said) == {"The risk is medium instead of low: the change came from outside and was validated without isolation."}
}

test_a_link_is_a_step if {
	said := gatehouse.decision with input as object.union(sample.before_effect, {"proposal": {"files": [object.union(sample.file("src/a"), {"new_mode": "120000"})]}})
	warned(said) == {"The risk is medium instead of low: links, submodules or files of unknown mode are changed: src/a."}
}

test_this_product_is_high if {
	said := gatehouse.decision with input as object.union(sample.before_effect, {"repository": {"name": "gatehouse"}})
	warned(said) == {"The risk is high instead of low: this product is changed: src/price.js."}
}

test_protected_paths_are_high if {
	said := gatehouse.decision with input as object.union(sample.before_effect, {"settings": {"protected_paths": ["src/**"]}})
	warned(said) == {"The risk is high instead of low: protected paths are touched: src/price.js."}
}

test_without_task_and_proposal_there_is_none if {
	said := gatehouse.decision with input as object.union(sample.before_execute, {"task": null})
	said.effective_risk == null
}
