package gatehouse_test.code_owners

import data.gatehouse
import data.gatehouse_test.sample

rules := [
	{"pattern": "src/**", "roles": ["maintainer"], "persons": [], "count": 1},
	{"pattern": "src/Billing/**", "roles": ["owner"], "persons": ["per_ada"], "count": 2},
	{"pattern": "**/schema.sql", "roles": [], "persons": ["per_ben", "per_cyd"], "count": 1},
]

owned(paths) := {"settings": {"code_owners": rules}, "proposal": {"files": [sample.file(path) | some path in paths]}}

ruled(part) := {"settings": {"code_owners": [object.union(rules[0], part)]}}

cases := {
	"no rules": {"on": "before_effect"},
	"a path under no rule": {"on": "before_effect", "patch": owned(["README.md"])},
	"a path under one rule": {"on": "before_effect", "patch": owned(["src/a.js"]), "requirements": ["code-owner-0 1"]},
	"the last rule wins": {"on": "before_effect", "patch": owned(["src/billing/a.js"]), "requirements": ["code-owner-1 2"]},
	"case does not matter": {"on": "before_effect", "patch": owned(["SRC/BILLING/a.js"]), "requirements": ["code-owner-1 2"]},
	"several paths": {"on": "before_effect", "patch": owned(["src/a.js", "src/billing/a.js", "schema.sql", "README.md"]), "requirements": ["code-owner-0 1", "code-owner-1 2", "code-owner-2 1"]},
	"a name that is read as another falls under every rule": {"on": "before_effect", "patch": owned(["src./billing/a.js"]), "requirements": ["code-owner-0 1", "code-owner-1 2", "code-owner-2 1"]},
	"before a validation nobody is asked": {"on": "after_execute", "patch": owned(["src/a.js"])},
	"after a validation they are": {"on": "after_execute", "patch": object.union(owned(["src/a.js"]), {"validation": sample.validation}), "requirements": ["code-owner-0 1"]},
	"a rule without anybody": {"on": "before_effect", "patch": ruled({"roles": []}), "violations": ["The code owners of src/** cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."], "requirements": ["code-owner-0 1"]},
	"a rule with a person only": {"on": "before_effect", "patch": ruled({"roles": [], "persons": ["per_ada"]}), "requirements": ["code-owner-0 1"]},
	"a rule with roles that are none": {"on": "before_effect", "patch": ruled({"roles": "owner"}), "violations": ["The code owners of src/** cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."], "requirements": ["code-owner-0 1"]},
	"a rule with persons that are none": {"on": "before_effect", "patch": ruled({"persons": "per_ada"}), "violations": ["The code owners of src/** cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."], "requirements": ["code-owner-0 1"]},
	"a rule that counts nobody": {"on": "before_effect", "patch": ruled({"count": 0}), "violations": ["The code owners of src/** cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."], "requirements": ["code-owner-0 0"]},
	"a rule with a pattern that is none": {"on": "before_effect", "patch": ruled({"pattern": 7}), "violations": ["The code owners of 7 cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."]},
	"a rule without pattern": {"on": "before_effect", "patch": {"settings": {"code_owners": [object.remove(rules[0], ["pattern"])]}}, "violations": ["The code owners of rule 0 cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."]},
	"a rule of a negation": {"on": "before_effect", "patch": object.union(owned(["!src/a.js"]), ruled({"pattern": "!src/"})), "violations": ["The code owners of !src/ cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."]},
	"a rule of the root": {"on": "before_effect", "patch": ruled({"pattern": " / "}), "violations": ["The code owners of  /  cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."]},
	"a rule of a folder": {"on": "before_effect", "patch": object.union(owned(["lib/src/x/a.js"]), ruled({"pattern": "src/"})), "requirements": ["code-owner-0 1"]},
	"a rule that is text": {"on": "before_effect", "patch": {"settings": {"code_owners": ["src"]}}, "violations": ["The code owners of rule 0 cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count."]},
	"a rule that cannot be told does not stop a run": {"on": "before_execute", "patch": ruled({"roles": []})},
}

test_each_case_is_answered_as_wanted if sample.wrong("code_owners", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("code_owners") == set()

test_roles_and_persons if {
	doc := object.union(sample.before_effect, owned(["src/a.js", "src/billing/a.js", "src/schema.sql"]))
	said := gatehouse.decision with input as doc
	{requirement |
		some requirement in said.requirements
		requirement.policy_id == "code_owners"
	} == {
		{
			"id": "code-owner-0",
			"policy_id": "code_owners",
			"count": 1,
			"roles": ["maintainer"],
			"reason": "src/** is owned: src/a.js.",
		},
		{
			"id": "code-owner-1",
			"policy_id": "code_owners",
			"count": 2,
			"roles": ["owner"],
			"persons": ["per_ada"],
			"reason": "src/Billing/** is owned: src/billing/a.js.",
		},
		{
			"id": "code-owner-2",
			"policy_id": "code_owners",
			"count": 1,
			"roles": ["code-owner"],
			"persons": ["per_ben", "per_cyd"],
			"reason": "**/schema.sql is owned: src/schema.sql.",
		},
	}
}

test_the_strict_preset_has_an_owner_of_migrations if {
	said := gatehouse.decision with input as sample.changing(["db/migrations/1.sql"]) with data.governance.preset as "strict"
	{requirement.id | some requirement in said.requirements} == {"approvals", "code-owner-0", "owner-approval"}
}
