package gatehouse_test.field_locks

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"a free field": {"on": "on_field_change"},
	"a locked field": {"on": "on_field_change", "patch": {"field_change": {"path": "/policies/baseline"}}, "violations": ["The field /policies/baseline is set by policy."]},
	"the other locked field": {"on": "on_field_change", "patch": {"field_change": {"path": "/policies/overrides"}}, "violations": ["The field /policies/overrides is set by policy."]},
	"in a locked field": {"on": "on_field_change", "patch": {"field_change": {"path": "/policies/baseline/0"}}, "violations": ["The field /policies/baseline is set by policy."]},
	"what locked fields are in": {"on": "on_field_change", "patch": {"field_change": {"path": "/policies"}}, "violations": ["The field /policies/baseline is set by policy.", "The field /policies/overrides is set by policy."]},
	"the whole definition": {"on": "on_field_change", "patch": {"field_change": {"path": ""}}, "violations": ["The field /policies/baseline is set by policy.", "The field /policies/overrides is set by policy."]},
	"a name that only begins so": {"on": "on_field_change", "patch": {"field_change": {"path": "/policies/baseline2"}}},
	"a name that is the beginning": {"on": "on_field_change", "patch": {"field_change": {"path": "/pol"}}},
	"no pointer": {"on": "on_field_change", "patch": {"field_change": {"path": "policies/baseline"}}, "violations": ["What is edited cannot be told: the path must be a JSON Pointer."]},
	"a pointer with a bad escape": {"on": "on_field_change", "patch": {"field_change": {"path": "/a~2"}}, "violations": ["What is edited cannot be told: the path must be a JSON Pointer."]},
	"a pointer with good escapes": {"on": "on_field_change", "patch": {"field_change": {"path": "/a~0~1b"}}},
	"no path": {"on": "on_field_change", "without": ["/field_change/path"], "violations": ["What is edited cannot be told: the path must be a JSON Pointer."]},
	"no change": {"on": "on_field_change", "without": ["/field_change"], "violations": ["What is edited cannot be told: the path must be a JSON Pointer."]},
	"a governed version": {"on": "on_field_change", "patch": {"agent": {"lifecycle": {"state": "governed"}}}, "violations": ["A governed version is not edited: make a new draft of it."]},
	"a disabled version": {"on": "on_field_change", "patch": {"agent": {"lifecycle": {"state": "disabled"}}}},
	"a governed version is looked at": {"on": "on_review_open", "patch": {"agent": {"lifecycle": {"state": "governed"}}}},
	"without an edit nothing is said": {"on": "on_create_attempt", "patch": {"field_change": {"path": "/policies/baseline"}}},
}

test_each_case_is_answered_as_wanted if sample.wrong("field_locks", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("field_locks") == set()

answered(hook, part) := object.filter(said, ["locked_fields", "mutations"]) if {
	said := gatehouse.decision with input as sample.document({"on": hook, "patch": {"agent": part}})
}

other := {"definition": {"policies": {"baseline": ["cost_caps"]}}}

fixed := {{
	"policy_id": "field_locks",
	"path": "/policies/baseline",
	"value": [
		"agent_limits",
		"cost_caps",
		"data_access_gate",
		"egress",
		"external_write_gate",
		"memory_retention",
		"model_allowlist",
		"tool_allowlist",
	],
	"reason": "The policies that speak when the agent runs.",
}}

locked := ["/policies/baseline", "/policies/overrides"]

test_locks_and_mutations if {
	answered("on_review_open", {}) == {"locked_fields": locked, "mutations": set()}
	answered("on_review_open", other) == {"locked_fields": locked, "mutations": fixed}
	answered("on_create_attempt", other) == {"locked_fields": locked, "mutations": fixed}
	answered("on_field_change", other) == {"locked_fields": locked, "mutations": set()}
	answered("on_review_open", {"lifecycle": {"state": "governed"}}) == {"locked_fields": array.concat([""], locked), "mutations": set()}
	answered("before_execute", other) == {"locked_fields": [], "mutations": set()}
}
