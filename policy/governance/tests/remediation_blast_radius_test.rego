package gatehouse_test.remediation_blast_radius

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"small and in the sandbox": {"on": "on_remediation_attempt"},
	"in production": {"on": "on_remediation_attempt", "patch": {"environment": "production", "remediation": {"targets": [{"kind": "binding", "id": "bnd_0", "environment": "production"}]}}, "requirements": ["remediation-approval 1"]},
	"only proposed in production": {"on": "on_remediation_attempt", "patch": {"environment": "production", "remediation": {"mode": "propose", "targets": [{"kind": "binding", "id": "bnd_0", "environment": "production"}]}}},
	"two targets in production": {"on": "on_remediation_attempt", "patch": {"environment": "production", "remediation": {"targets": [{"kind": "binding", "id": "bnd_0", "environment": "production"}, {"kind": "binding", "id": "bnd_1", "environment": "production"}]}}, "violations": ["The remediation touches 2 targets; at most 1 are allowed."], "requirements": ["remediation-approval 1"]},
	"ten targets in the sandbox": {"on": "on_remediation_attempt", "patch": {"remediation": {"targets": [{"kind": "binding", "id": "bnd_0", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_1", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_2", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_3", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_4", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_5", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_6", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_7", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_8", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_9", "environment": "sandbox"}]}}},
	"eleven targets in the sandbox": {"on": "on_remediation_attempt", "patch": {"remediation": {"targets": [{"kind": "binding", "id": "bnd_0", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_1", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_2", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_3", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_4", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_5", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_6", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_7", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_8", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_9", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_10", "environment": "sandbox"}]}}, "violations": ["The remediation touches 11 targets; at most 10 are allowed."]},
	"eleven targets proposed": {"on": "on_remediation_attempt", "patch": {"remediation": {"mode": "propose", "targets": [{"kind": "binding", "id": "bnd_0", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_1", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_2", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_3", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_4", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_5", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_6", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_7", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_8", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_9", "environment": "sandbox"}, {"kind": "binding", "id": "bnd_10", "environment": "sandbox"}]}}, "violations": ["The remediation touches 11 targets; at most 10 are allowed."]},
	"a target elsewhere": {"on": "on_remediation_attempt", "patch": {"remediation": {"targets": [{"kind": "binding", "id": "bnd_9", "environment": "production"}]}}, "violations": ["The remediation reaches outside of sandbox: bnd_9."]},
	"a target nowhere": {"on": "on_remediation_attempt", "patch": {"remediation": {"targets": [{}]}}, "violations": ["The remediation reaches outside of sandbox: a target without id."]},
	"no target": {"on": "on_remediation_attempt", "patch": {"remediation": {"targets": []}}, "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."]},
	"targets in words": {"on": "on_remediation_attempt", "patch": {"remediation": {"targets": "all"}}, "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."]},
	"twenty files": {"on": "on_remediation_attempt", "patch": {"remediation": {"files": [sprintf("f%d", [i]) | some i in numbers.range(1, 20)]}}},
	"twenty-one files": {"on": "on_remediation_attempt", "patch": {"remediation": {"files": [sprintf("f%d", [i]) | some i in numbers.range(1, 21)]}}, "violations": ["The remediation touches 21 files; at most 20 are allowed."]},
	"files that are none": {"on": "on_remediation_attempt", "patch": {"remediation": {"files": [1]}}, "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."]},
	"files are missing": {"on": "on_remediation_attempt", "without": ["/remediation/files"], "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."]},
	"reversible is missing": {"on": "on_remediation_attempt", "without": ["/remediation/reversible"], "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."], "requirements": ["irreversible-remediation-approval 1"]},
	"reversible is text": {"on": "on_remediation_attempt", "patch": {"remediation": {"reversible": "true"}}, "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."], "requirements": ["irreversible-remediation-approval 1"]},
	"irreversible": {"on": "on_remediation_attempt", "patch": {"remediation": {"reversible": false}}, "requirements": ["irreversible-remediation-approval 1"]},
	"irreversible, only proposed": {"on": "on_remediation_attempt", "patch": {"remediation": {"reversible": false, "mode": "propose"}}},
	"the count of the day is missing": {"on": "on_remediation_attempt", "without": ["/remediation/applied_today"], "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."]},
	"the count of the day is text": {"on": "on_remediation_attempt", "patch": {"remediation": {"applied_today": "one"}}, "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing.", "one remediations were applied today; 50 are allowed."]},
	"two targets elsewhere": {"on": "on_remediation_attempt", "patch": {"remediation": {"targets": [{"id": "bnd_9", "environment": "production"}, {"id": "bnd_8", "environment": "production"}]}}, "violations": ["The remediation reaches outside of sandbox: bnd_8, bnd_9."]},
	"the count of the day is negative": {"on": "on_remediation_attempt", "patch": {"remediation": {"applied_today": -1}}, "violations": ["What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."]},
	"the last of the day": {"on": "on_remediation_attempt", "patch": {"remediation": {"applied_today": 49}}},
	"one too many a day": {"on": "on_remediation_attempt", "patch": {"remediation": {"applied_today": 50}}, "violations": ["50 remediations were applied today; 50 are allowed."]},
	"one too many a day, only proposed": {"on": "on_remediation_attempt", "patch": {"remediation": {"applied_today": 50, "mode": "propose"}}},
	"the last of the day in production": {"on": "on_remediation_attempt", "patch": {"environment": "production", "remediation": {"applied_today": 4, "targets": [{"kind": "binding", "id": "bnd_0", "environment": "production"}]}}, "requirements": ["remediation-approval 1"]},
	"one too many a day in production": {"on": "on_remediation_attempt", "patch": {"environment": "production", "remediation": {"applied_today": 5, "targets": [{"kind": "binding", "id": "bnd_0", "environment": "production"}]}}, "violations": ["5 remediations were applied today; 5 are allowed."], "requirements": ["remediation-approval 1"]},
	"an unknown kind": {"on": "on_remediation_attempt", "patch": {"remediation": {"kind": "delete-database"}}, "violations": ["Remediations of the kind delete-database are not known."]},
	"no kind": {"on": "on_remediation_attempt", "without": ["/remediation/kind"], "violations": ["Remediations of the kind without name are not known."]},
	"an unknown mode": {"on": "on_remediation_attempt", "patch": {"remediation": {"mode": "force"}}, "violations": ["The remediation neither proposes nor applies."]},
	"nothing is told": {"on": "on_remediation_attempt", "without": ["/remediation"], "violations": ["The remediation neither proposes nor applies.", "Remediations of the kind without name are not known.", "What the remediation would touch cannot be told: targets, files, reversible or applied_today is missing."], "requirements": ["irreversible-remediation-approval 1"]},
	"the kind disable-agent": {"on": "on_remediation_attempt", "patch": {"remediation": {"kind": "disable-agent"}}},
	"the kind restore-file": {"on": "on_remediation_attempt", "patch": {"remediation": {"kind": "restore-file"}}},
	"the kind reload-bundle": {"on": "on_remediation_attempt", "patch": {"remediation": {"kind": "reload-bundle"}}},
}

test_each_case_is_answered_as_wanted if sample.wrong("remediation_blast_radius", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("remediation_blast_radius") == set()

test_who_approves if {
	doc := sample.document({"on": "on_remediation_attempt", "patch": {"environment": "moon", "remediation": {"reversible": false}}})
	said := gatehouse.decision with input as doc
	{[requirement.id, requirement.roles, requirement.reason] | some requirement in said.requirements} == {
		["remediation-approval", ["maintainer", "owner"], "The remediation is applied in a governed environment."],
		["irreversible-remediation-approval", ["owner"], "The remediation cannot be undone."],
	}
}
