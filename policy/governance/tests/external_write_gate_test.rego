package gatehouse_test.external_write_gate

import data.gatehouse
import data.gatehouse_test.sample

granted(part) := {"agent": {"definition": {"anatomy": {"capabilities": object.union({"allow_external_write": true}, part)}}}}

cases := {
	"no leave and no need": {"on": "on_create_attempt"},
	"a tool that writes": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"tools": ["post-comment", "node", "send-message"]}}}}}, "violations": ["Without allow_external_write the agent may not have what writes outside: tool post-comment, tool send-message."]},
	"an action that writes": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"actions": ["comment", "notify", "propose"]}}}}}, "violations": ["Without allow_external_write the agent may not have what writes outside: action comment, action notify."]},
	"a host that is written to": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["api.github.com", "pypi.org"]}}}}}, "violations": ["Without allow_external_write the agent may not have what writes outside: host api.github.com."]},
	"tools that are no list of names hold none": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"tools": ["post-comment", 7]}}}}}},
	"leave in the sandbox": {"on": "on_create_attempt", "patch": granted({"tools": ["post-comment"]}), "violations": ["In a sandbox environment no agent writes outside: allow_external_write must be false."]},
	"leave with need where it is governed": {"on": "before_execute", "patch": granted({"tools": ["post-comment"]})},
	"leave with need in an unknown environment": {"on": "before_execute", "patch": object.union(granted({"tools": ["post-comment"]}), {"environment": "moon"})},
	"leave without need": {"on": "before_execute", "patch": granted({}), "warnings": ["The agent may write outside, but has no tool, action or host that does: allow_external_write can be false."]},
	"a promotion with leave": {"on": "on_promotion_attempt", "patch": granted({"egress": ["api.github.com"]}), "requirements": ["external-write-approval 1"]},
	"a promotion without leave": {"on": "on_promotion_attempt"},
	"the leave is missing": {"on": "on_create_attempt", "without": ["/agent/definition/anatomy/capabilities/allow_external_write"], "violations": ["Whether the agent may write outside cannot be told: allow_external_write must be true or false."]},
	"the leave is text": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"allow_external_write": "true", "tools": ["post-comment"]}}}}}, "violations": ["Whether the agent may write outside cannot be told: allow_external_write must be true or false.", "Without allow_external_write the agent may not have what writes outside: tool post-comment."]},
	"readers are no writers": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"tools": ["query-database"], "actions": ["read-data"]}}}}}},
}

test_each_case_is_answered_as_wanted if sample.wrong("external_write_gate", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("external_write_gate") == set()

test_an_owner_approves if {
	said := gatehouse.decision with input as sample.document({"on": "on_promotion_attempt", "patch": granted({"egress": ["api.github.com"]})})
	{[requirement.roles, requirement.reason] | some requirement in said.requirements; requirement.id == "external-write-approval"} == {[["owner"], "The agent may write outside of the sandbox."]}
}
