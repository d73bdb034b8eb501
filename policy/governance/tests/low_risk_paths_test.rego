package gatehouse_test.low_risk_paths

import data.gatehouse
import data.gatehouse_test.sample

by_policy(part) := object.union({"effect": {"authority": "policy"}, "proposal": {"files": [sample.file("docs/guide.md")]}}, part)

files(list) := by_policy({"proposal": {"files": list}})

changed(part) := object.union(sample.file("docs/guide.md"), part)

cases := {
	"a merge by approvals": {"on": "before_effect", "patch": {"effect": {"authority": "approvals"}}},
	"a merge that does not say by what": {"on": "before_effect"},
	"a merge by something else": {"on": "before_effect", "patch": {"effect": {"authority": "god"}}, "violations": ["Whether the merge is by approvals or by policy cannot be told."]},
	"a page of the documentation": {"on": "before_effect", "patch": by_policy({})},
	"a picture of the documentation": {"on": "before_effect", "patch": files([sample.file("docs/a.svg")])},
	"a page elsewhere": {"on": "before_effect", "patch": files([sample.file("src/NOTES.MD"), sample.file("a.rst"), sample.file("b.adoc"), sample.file("c.txt")])},
	"code": {"on": "before_effect", "patch": files([sample.file("src/a.js")]), "violations": ["The change does not merge by policy alone: src/a.js are no low-risk paths."]},
	"a file called md": {"on": "before_effect", "patch": files([sample.file("src/md")])},
	"a folder called docs elsewhere": {"on": "before_effect", "patch": files([sample.file("src/docs/a.js")]), "violations": ["The change does not merge by policy alone: src/docs/a.js are no low-risk paths."]},
	"a page and code": {"on": "before_effect", "patch": files([sample.file("docs/guide.md"), sample.file("src/b.js"), sample.file("src/a.js")]), "violations": ["The change does not merge by policy alone: src/a.js, src/b.js are no low-risk paths."]},
	"a page that is an instruction": {"on": "before_effect", "patch": files([sample.file("docs/AGENTS.md")]), "violations": ["The change does not merge by policy alone: docs/AGENTS.md are no low-risk paths; its risk is not low."]},
	"a build file among the documentation": {"on": "before_effect", "patch": files([sample.file("docs/package.json")]), "violations": ["The change does not merge by policy alone: docs/package.json are no low-risk paths; its risk is not low."]},
	"a name that is read as another": {"on": "before_effect", "patch": files([sample.file("docs/a.md.")]), "violations": ["The change does not merge by policy alone: docs/a.md. are no low-risk paths; its risk is not low."]},
	"a higher risk": {"on": "before_effect", "patch": by_policy({"task": {"risk": "medium"}}), "violations": ["The change does not merge by policy alone: its risk is not low."]},
	"no task": {"on": "before_effect", "patch": by_policy({"task": null}), "violations": ["The change does not merge by policy alone: its risk is not low."]},
	"from outside": {"on": "before_effect", "patch": by_policy({"proposal": {"provenance": "unobserved"}}), "violations": ["The change does not merge by policy alone: it came from outside."]},
	"no files": {"on": "before_effect", "patch": files([]), "violations": ["The change does not merge by policy alone: it changes no file."]},
	"files that are not told": {"on": "before_effect", "patch": object.union(by_policy({}), {"proposal": null}), "violations": ["The change does not merge by policy alone: it came from outside; it changes no file."]},
	"a binary file": {"on": "before_effect", "patch": files([changed({"binary": true})]), "violations": ["The change does not merge by policy alone: docs/guide.md are not plain text."]},
	"a program": {"on": "before_effect", "patch": files([changed({"new_mode": "100755"})]), "violations": ["The change does not merge by policy alone: docs/guide.md are not plain text."]},
	"a link": {"on": "before_effect", "patch": files([changed({"new_mode": "120000"})]), "violations": ["The change does not merge by policy alone: docs/guide.md are no low-risk paths; docs/guide.md are not plain text; its risk is not low."]},
	"a deleted page": {"on": "before_effect", "patch": files([changed({"new_mode": null})]), "violations": ["The change does not merge by policy alone: docs/guide.md are not plain text."]},
	"additions that are not told": {"on": "before_effect", "patch": files([changed({"additions": null})]), "violations": ["The change does not merge by policy alone: docs/guide.md are not plain text; it has more than 400 changed lines."]},
	"additions that are text": {"on": "before_effect", "patch": files([changed({"additions": "many"})]), "violations": ["The change does not merge by policy alone: docs/guide.md are not plain text; it has more than 400 changed lines."]},
	"additions that are negative": {"on": "before_effect", "patch": files([changed({"additions": -1})]), "violations": ["The change does not merge by policy alone: docs/guide.md are not plain text."]},
	"deletions that are negative": {"on": "before_effect", "patch": files([changed({"deletions": -1})]), "violations": ["The change does not merge by policy alone: docs/guide.md are not plain text."]},
	"no additions and no deletions": {"on": "before_effect", "patch": files([changed({"additions": 0, "deletions": 0})])},
	"the last line allowed": {"on": "before_effect", "patch": files([changed({"additions": 200, "deletions": 199}), sample.file("docs/b.md")]), "violations": ["The change does not merge by policy alone: it has more than 400 changed lines."]},
	"all lines allowed": {"on": "before_effect", "patch": files([changed({"additions": 200, "deletions": 198}), sample.file("docs/b.md")])},
}

test_each_case_is_answered_as_wanted if sample.wrong("low_risk_paths", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("low_risk_paths") == set()

test_what_merges_by_policy_needs_no_approvals if {
	said := gatehouse.decision with input as object.union(sample.before_effect, by_policy({}))
	said.outcome == "allow"
	said.requirements == set()
}

test_in_shadow_it_spares_nobody if {
	doc := object.union(sample.before_effect, files([sample.file("src/a.js")]))
	said := gatehouse.decision with input as doc with data.governance.modes as {"low_risk_paths": {"default": "shadow"}}
	said.violations == set()
	{requirement.id | some requirement in said.requirements} == {"approvals"}
	sample.messages(said.shadowed) == {"The change does not merge by policy alone: src/a.js are no low-risk paths."}
}

test_what_merges_by_approvals_needs_them if {
	said := gatehouse.decision with input as sample.changing(["docs/guide.md"])
	{requirement.id | some requirement in said.requirements} == {"approvals"}
}
