package gatehouse_test.policy_update

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"a bundle in order": {"on": "on_policy_update", "requirements": ["policy-approval 2"]},
	"an exception is no bundle": {"on": "on_exception"},
	"unsigned": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"signature_verified": false}}}, "violations": ["The bundle's signature was not verified."], "requirements": ["policy-approval 2"]},
	"signed in words": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"signature_verified": "true"}}}, "violations": ["The bundle's signature was not verified."], "requirements": ["policy-approval 2"]},
	"signature not told": {"on": "on_policy_update", "without": ["/policy_update/bundle/signature_verified"], "violations": ["The bundle's signature was not verified."], "requirements": ["policy-approval 2"]},
	"the same revision": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"revision": 7}}}, "violations": ["The bundle is not newer than the one in force."], "requirements": ["policy-approval 2"]},
	"an older revision": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"revision": 6}}}, "violations": ["The bundle is not newer than the one in force."], "requirements": ["policy-approval 2"]},
	"a revision in words": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"revision": "new"}}}, "violations": ["The bundle is not newer than the one in force."], "requirements": ["policy-approval 2"]},
	"a current revision that is null": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"current_revision": null}}}, "violations": ["The bundle is not newer than the one in force."], "requirements": ["policy-approval 2"]},
	"one test": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"tests_total": 1}}}, "requirements": ["policy-approval 2"]},
	"no test": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"tests_total": 0}}}, "violations": ["The bundle's tests did not all run and pass."], "requirements": ["policy-approval 2"]},
	"tests in words": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"tests_total": "all"}}}, "violations": ["The bundle's tests did not all run and pass."], "requirements": ["policy-approval 2"]},
	"a failed test": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"tests_failed": 1}}}, "violations": ["The bundle's tests did not all run and pass."], "requirements": ["policy-approval 2"]},
	"failed tests not told": {"on": "on_policy_update", "without": ["/policy_update/bundle/tests_failed"], "violations": ["The bundle's tests did not all run and pass."], "requirements": ["policy-approval 2"]},
	"a flip": {"on": "on_policy_update", "patch": {"policy_update": {"bundle": {"unexplained_flips": 1}}}, "violations": ["Replayed decisions come out otherwise, and nobody explained why."], "requirements": ["policy-approval 2"]},
	"flips not told": {"on": "on_policy_update", "without": ["/policy_update/bundle/unexplained_flips"], "violations": ["Replayed decisions come out otherwise, and nobody explained why."], "requirements": ["policy-approval 2"]},
	"replay not told": {"on": "on_policy_update", "without": ["/policy_update/bundle/replayed"], "violations": ["Replayed decisions come out otherwise, and nobody explained why."], "requirements": ["policy-approval 2"]},
	"no bundle": {"on": "on_policy_update", "without": ["/policy_update/bundle"], "violations": ["The bundle's signature was not verified.", "The bundle is not newer than the one in force.", "The bundle's tests did not all run and pass.", "Replayed decisions come out otherwise, and nobody explained why."], "requirements": ["policy-approval 2"]},
	"another kind": {"on": "on_policy_update", "patch": {"policy_update": {"kind": "wish"}}, "violations": ["The update is neither a bundle nor an exception."]},
	"no kind": {"on": "on_policy_update", "without": ["/policy_update/kind"], "violations": ["The update is neither a bundle nor an exception."]},
}

test_each_case_is_answered_as_wanted if sample.wrong("policy_update", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("policy_update") == set()

test_owners_approve if {
	said := gatehouse.decision with input as sample.on_policy_update
	{[requirement.roles, requirement.reason] | some requirement in said.requirements} == {[["owner"], "A bundle is put in force by 2 owners."]}
}
