package gatehouse_test.self_modification

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"code": {"on": "before_effect"},
	"a lockfile": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file("package-lock.json")]}}},
	"a build file": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file("package.json")]}}},
	"agents": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file("CLAUDE.md")]}}, "warnings": ["What governs the work is changed: agents and their instructions are changed: CLAUDE.md."], "requirements": ["self-modification-approval 1"]},
	"policy": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file("policy/a.rego")]}}, "warnings": ["What governs the work is changed: policy is changed: policy/a.rego."], "requirements": ["self-modification-approval 1"]},
	"ci": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file(".github/workflows/ci.yml")]}}, "warnings": ["What governs the work is changed: continuous integration is changed: .github/workflows/ci.yml."], "requirements": ["self-modification-approval 1"]},
	"gatehouse": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file(".gatehouse/recipe.yaml")]}}, "warnings": ["What governs the work is changed: Gatehouse's own files are changed: .gatehouse/recipe.yaml."], "requirements": ["self-modification-approval 1"]},
	"infrastructure": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file("main.tf")]}}, "warnings": ["What governs the work is changed: infrastructure is changed: main.tf."], "requirements": ["self-modification-approval 1"]},
	"git": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file(".gitattributes")]}}, "warnings": ["What governs the work is changed: git's own configuration is changed: .gitattributes."], "requirements": ["self-modification-approval 1"]},
	"odd": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file(".github./x")]}}, "warnings": ["What governs the work is changed: names are changed that a file system may read as others: .github./x."], "requirements": ["self-modification-approval 1"]},
	"this product": {"on": "before_effect", "patch": {"repository": {"name": "GateHouse"}}, "warnings": ["What governs the work is changed: this product is changed: src/price.js."], "requirements": ["self-modification-approval 1"]},
	"two classes": {"on": "before_effect", "patch": {"proposal": {"files": [sample.file("CLAUDE.md"), sample.file("main.tf"), sample.file("src/a.js")]}}, "warnings": ["What governs the work is changed: agents and their instructions are changed: CLAUDE.md; infrastructure is changed: main.tf."], "requirements": ["self-modification-approval 1"]},
	"the project asks for more owners": {"on": "before_effect", "patch": object.union({"proposal": {"files": [sample.file("main.tf")]}}, {"settings": {"self_modification_owners": 3}}), "warnings": ["What governs the work is changed: infrastructure is changed: main.tf."], "requirements": ["self-modification-approval 3"]},
	"the project cannot ask for none": {"on": "before_effect", "patch": object.union({"proposal": {"files": [sample.file("main.tf")]}}, {"settings": {"self_modification_owners": 0}}), "warnings": ["What governs the work is changed: infrastructure is changed: main.tf."], "requirements": ["self-modification-approval 1"]},
	"before a validation nobody is asked": {"on": "after_execute", "patch": {"proposal": {"files": [sample.file("main.tf")]}}},
	"after a validation owners are asked": {"on": "after_execute", "patch": object.union({"proposal": {"files": [sample.file("main.tf")]}}, {"validation": sample.validation}), "warnings": ["What governs the work is changed: infrastructure is changed: main.tf."], "requirements": ["self-modification-approval 1"]},
}

test_each_case_is_answered_as_wanted if sample.wrong("self_modification", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("self_modification") == set()

test_owners_agree_and_are_told_why if {
	said := gatehouse.decision with input as sample.changing(["main.tf", "CLAUDE.md"])
	{[requirement.roles, requirement.reason] | some requirement in said.requirements; requirement.id == "self-modification-approval"} == {[
		["owner"],
		"What governs the work is changed (agents, infrastructure): owners must agree.",
	]}
}

test_the_strict_preset_asks_for_two_owners if {
	said := gatehouse.decision with input as sample.changing(["main.tf"]) with data.governance.preset as "strict"
	{requirement.count | some requirement in said.requirements; requirement.id == "self-modification-approval"} == {2}
}

test_without_a_preset_s_word_one_owner_is_asked if {
	said := gatehouse.decision with input as sample.changing(["main.tf"]) with data.governance.presets.standard as {}
	{requirement.count | some requirement in said.requirements; requirement.id == "self-modification-approval"} == {1}
}
