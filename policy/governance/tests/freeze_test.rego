package gatehouse_test.freeze

import data.gatehouse
import data.gatehouse_test.sample

window := {
	"id": "launch",
	"from": "2026-11-21T15:04:05Z",
	"to": "2026-11-21T16:00:00Z",
	"environments": [],
	"branches": [],
	"reason": "The launch.",
}

frozen(part) := {"settings": {"freeze": [object.union(window, part)]}}

incident := {"id": "inc_1", "summary": "Orders are lost.", "environment": null, "repository_id": null}

open(part) := {"incidents": [object.union(incident, part)]}

cases := {
	"no freeze": {"on": "before_effect"},
	"the first moment": {"on": "before_effect", "patch": frozen({}), "violations": ["The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."]},
	"the moment before": {"on": "before_effect", "patch": frozen({"from": "2026-11-21T15:04:05.000000001Z"})},
	"the last moment": {"on": "before_effect", "patch": frozen({"from": "2026-11-21T00:00:00Z", "to": "2026-11-21T15:04:05.000000001Z"}), "violations": ["The freeze launch is in force until 2026-11-21T15:04:05.000000001Z: The launch."]},
	"the moment after": {"on": "before_effect", "patch": frozen({"from": "2026-11-21T00:00:00Z", "to": "2026-11-21T15:04:05Z"})},
	"a promotion": {"on": "on_promotion_attempt", "patch": frozen({}), "violations": ["The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."]},
	"a remediation that is applied": {"on": "on_remediation_attempt", "patch": frozen({}), "violations": ["The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."]},
	"a remediation that is proposed": {"on": "on_remediation_attempt", "patch": object.union(frozen({}), {"remediation": {"mode": "propose"}})},
	"a remediation that does not say": {"on": "on_remediation_attempt", "patch": object.union(frozen({}), {"remediation": {"mode": null}}), "violations": ["The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."]},
	"a remediation that is not told": {"on": "on_remediation_attempt", "patch": object.union(frozen({}), {"remediation": null}), "violations": ["The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."]},
	"a run": {"on": "before_execute", "patch": frozen({})},
	"a bundle": {"on": "on_policy_update", "patch": frozen({})},
	"this environment": {"on": "before_effect", "patch": frozen({"environments": ["staging", "production"]}), "violations": ["The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."]},
	"another environment": {"on": "before_effect", "patch": frozen({"environments": ["staging"]})},
	"this branch": {"on": "before_effect", "patch": frozen({"branches": ["main"]}), "violations": ["The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."]},
	"another branch": {"on": "before_effect", "patch": frozen({"branches": ["release"]})},
	"a branch does not stop a promotion": {"on": "on_promotion_attempt", "patch": frozen({"branches": ["main"]})},
	"a window that ends as it begins": {"on": "before_effect", "patch": frozen({"to": "2026-11-21T15:04:05Z"}), "violations": ["The freeze window launch cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window that ends before it begins": {"on": "before_effect", "patch": frozen({"to": "2026-11-20T15:04:05Z"}), "violations": ["The freeze window launch cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window without begin": {"on": "before_effect", "patch": frozen({"from": null}), "violations": ["The freeze window launch cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window without end": {"on": "before_effect", "patch": frozen({"to": "soon"}), "violations": ["The freeze window launch cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window without environments": {"on": "before_effect", "patch": frozen({"environments": null}), "violations": ["The freeze window launch cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window without branches": {"on": "before_effect", "patch": frozen({"branches": "main"}), "violations": ["The freeze window launch cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window without reason": {"on": "before_effect", "patch": frozen({"reason": null}), "violations": ["The freeze window launch cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window with a number for its id": {"on": "before_effect", "patch": frozen({"id": 7}), "violations": ["The freeze window 7 cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window without id": {"on": "before_effect", "patch": {"settings": {"freeze": [object.remove(window, ["id"])]}}, "violations": ["The freeze window 0 cannot be read: it needs from before to, environments, branches and a reason."]},
	"a window that cannot be read does not stop a run": {"on": "before_execute", "patch": frozen({"from": null})},
	"an open incident": {"on": "before_effect", "patch": open({}), "violations": ["The incident inc_1 is open: Orders are lost."]},
	"an open incident and a promotion": {"on": "on_promotion_attempt", "patch": open({}), "violations": ["The incident inc_1 is open: Orders are lost."]},
	"an open incident may be mended": {"on": "on_remediation_attempt", "patch": open({})},
	"an open incident and a run": {"on": "before_execute", "patch": open({})},
	"an incident here": {"on": "before_effect", "patch": open({"environment": "production", "repository_id": "rep_1"}), "violations": ["The incident inc_1 is open: Orders are lost."]},
	"an incident in another environment": {"on": "before_effect", "patch": open({"environment": "staging"})},
	"an incident in another repository": {"on": "before_effect", "patch": open({"repository_id": "rep_2"})},
	"an incident in a repository, and an effect on none": {"on": "on_promotion_attempt", "patch": object.union(open({"repository_id": "rep_1"}), {"repository": null})},
	"an incident without scope, id and words": {"on": "before_effect", "patch": {"incidents": [{}]}, "violations": ["The incident without id is open: "]},
	"incidents that cannot be told": {"on": "before_effect", "patch": {"incidents": "many"}, "violations": ["The open incidents cannot be told."]},
	"a window that is text": {"on": "before_effect", "patch": {"settings": {"freeze": ["now"]}}, "violations": ["The freeze window 0 cannot be read: it needs from before to, environments, branches and a reason."]},
	"an incident that is text": {"on": "before_effect", "patch": {"incidents": ["fire"]}, "violations": ["The open incidents cannot be told."]},
	"incidents that are false": {"on": "before_effect", "patch": {"incidents": {}}, "violations": ["The open incidents cannot be told."]},
	"no incidents": {"on": "before_effect", "patch": {"incidents": []}},
	"incidents that cannot be told do not stop a run": {"on": "before_execute", "patch": {"incidents": "many"}},
}

test_each_case_is_answered_as_wanted if sample.wrong("freeze", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("freeze") == set()

test_a_preset_can_freeze if {
	said := gatehouse.decision with input as sample.before_effect with data.governance.presets.standard.freeze as [window]
	sample.messages(said.violations) == {"The freeze launch is in force until 2026-11-21T16:00:00Z: The launch."}
}

test_a_preset_need_not_speak_of_freezes if {
	said := gatehouse.decision with input as sample.before_effect with data.governance.presets.standard as {}
	said.violations == set()
}
