package gatehouse_test.data_access_gate

import data.gatehouse
import data.gatehouse_test.sample

granted(part) := {"agent": {"definition": {"anatomy": object.union({"capabilities": {"allow_data_access": true, "tools": ["query-database"]}}, part)}}}

cases := {
	"no leave and no need": {"on": "on_create_attempt"},
	"a tool that reads data": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"tools": ["query-database", "node"]}}}}}, "violations": ["Without allow_data_access the agent may not have what reads data: tool query-database."]},
	"an action that reads data": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"actions": ["read-data"]}}}}}, "violations": ["Without allow_data_access the agent may not have what reads data: action read-data."]},
	"leave with need": {"on": "on_create_attempt", "patch": granted({})},
	"leave without need": {"on": "on_create_attempt", "patch": granted({"capabilities": {"tools": []}}), "warnings": ["The agent may read data, but has no tool or action that does: allow_data_access can be false."]},
	"leave to read and to write": {"on": "before_execute", "patch": granted({"capabilities": {"allow_external_write": true}}), "violations": ["The agent may read data and write outside, so it could carry data out: give it one of the two."]},
	"leave to write only": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"allow_external_write": true}}}}}},
	"leave to read, and memory for everybody": {"on": "on_create_attempt", "patch": granted({"memory": {"scope": "global"}}), "violations": ["The agent may read data and remember it for everybody: its memory's scope must be user or workspace."]},
	"leave to read, and memory for a user": {"on": "on_create_attempt", "patch": granted({"memory": {"scope": "user"}})},
	"memory for everybody without leave to read": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"scope": "global"}}}}}},
	"a promotion with leave": {"on": "on_promotion_attempt", "patch": granted({}), "requirements": ["data-access-approval 1"]},
	"the leave is missing": {"on": "on_create_attempt", "without": ["/agent/definition/anatomy/capabilities/allow_data_access"], "violations": ["Whether the agent may read data cannot be told: allow_data_access must be true or false."]},
	"the leave is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"allow_data_access": "true"}}}}}, "violations": ["Whether the agent may read data cannot be told: allow_data_access must be true or false."]},
	"writers are no readers": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"tools": ["post-comment"], "actions": ["comment"]}}}}}},
}

test_each_case_is_answered_as_wanted if sample.wrong("data_access_gate", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("data_access_gate") == set()

test_an_owner_approves if {
	said := gatehouse.decision with input as sample.document({"on": "on_promotion_attempt", "patch": granted({})})
	{[requirement.roles, requirement.reason] | some requirement in said.requirements; requirement.id == "data-access-approval"} == {[["owner"], "The agent may read data."]}
}
