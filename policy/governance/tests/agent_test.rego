package gatehouse_test.agent

import data.gatehouse.agent

# Whatever stands where the definition belongs, none of its parts is there.
undescribed := {
	"no agent": {},
	"an agent of null": {"agent": null},
	"an agent without definition": {"agent": {}},
	"a definition of null": {"agent": {"definition": null}},
	"a definition in words": {"agent": {"definition": "limits"}},
	"a definition in a list": {"agent": {"definition": ["limits"]}},
}

test_without_a_definition_every_part_is_null if {
	every doc in undescribed {
		agent.definition == {} with input as doc
		agent.limit("max_retries") == null with input as doc
		agent.capability("tools") == null with input as doc
	}
}

test_a_part_of_a_definition_is_what_it_says if {
	agent.limit("max_retries") == 3 with input as {"agent": {"definition": {"limits": {"max_retries": 3}}}}
}
