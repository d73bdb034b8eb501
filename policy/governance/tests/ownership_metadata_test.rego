package gatehouse_test.ownership_metadata

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"all is said": {"on": "on_create_attempt"},
	"no owner": {"on": "on_create_attempt", "patch": {"agent": {"owner_person_id": null}}, "violations": ["The agent has no owner who answers for it."]},
	"a blank owner": {"on": "on_create_attempt", "patch": {"agent": {"owner_person_id": " "}}, "violations": ["The agent has no owner who answers for it."]},
	"an owner that is a number": {"on": "on_create_attempt", "patch": {"agent": {"owner_person_id": 1}}, "violations": ["The agent has no owner who answers for it."]},
	"the owner is missing": {"on": "on_create_attempt", "without": ["/agent/owner_person_id"], "violations": ["The agent has no owner who answers for it."]},
	"ten characters": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"description": "Renames it"}}}}},
	"nine characters": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"description": "Renames i"}}}}, "violations": ["The agent's description must say what it is for, in 10 characters or more."]},
	"ten with spaces around": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"description": " Renames i "}}}}, "violations": ["The agent's description must say what it is for, in 10 characters or more."]},
	"no description": {"on": "on_create_attempt", "without": ["/agent/definition/identity/description"], "violations": ["The agent's description must say what it is for, in 10 characters or more."]},
	"a description in a list": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"description": ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]}}}}, "violations": ["The agent's description must say what it is for, in 10 characters or more."]},
	"no role class": {"on": "on_create_attempt", "without": ["/agent/definition/identity/role_class"], "violations": ["The agent's role class is not one that is known."]},
	"an unknown role class": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "king"}}}}, "violations": ["The agent's role class is not one that is known."]},
	"no tags": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"tags": []}}}}, "violations": ["The agent needs 1 tag(s) or more."]},
	"a blank tag": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"tags": [" "]}}}}, "violations": ["The agent needs 1 tag(s) or more."]},
	"tags that are text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"tags": "codemod"}}}}, "violations": ["The agent needs 1 tag(s) or more."]},
	"no identity": {"on": "on_create_attempt", "without": ["/agent/definition/identity"], "violations": ["The agent's description must say what it is for, in 10 characters or more.", "The agent's role class is not one that is known.", "The agent needs 1 tag(s) or more."]},
	"the role class assistant": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "assistant"}}}}},
	"the role class analyst": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "analyst"}}}}},
	"the role class support": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "support"}}}}},
	"the role class reviewer": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "reviewer"}}}}},
	"the role class automator": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "automator"}}}}},
	"the role class monitor": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "monitor"}}}}},
	"the role class custom": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"identity": {"role_class": "custom"}}}}},
}

test_each_case_is_answered_as_wanted if sample.wrong("ownership_metadata", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("ownership_metadata") == set()

test_in_the_sandbox_it_only_warns if {
	doc := sample.document({"on": "on_create_attempt", "patch": {"agent": {"owner_person_id": null}}})
	said := gatehouse.decision with input as doc
	said.outcome == "warn"
	sample.messages(said.warnings) == {"The agent has no owner who answers for it."}
}

test_where_agents_are_governed_it_denies if {
	doc := sample.document({"on": "on_promotion_attempt", "patch": {"agent": {"owner_person_id": null}}})
	said := gatehouse.decision with input as doc
	sample.messages(said.violations) == {"The agent has no owner who answers for it."}
}
