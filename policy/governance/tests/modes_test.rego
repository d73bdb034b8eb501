package gatehouse_test.modes

import data.gatehouse
import data.gatehouse_test.sample

# One violation of the policy freeze.
window := {
	"id": "w",
	"from": "2026-11-21T00:00:00Z",
	"to": "2026-11-22T00:00:00Z",
	"environments": [],
	"branches": [],
	"reason": "R",
}

frozen := object.union(sample.before_effect, {"settings": {"freeze": [window]}})

message := "The freeze w is in force until 2026-11-22T00:00:00Z: R"

# shipped: the bundle's modes; wished: the project's settings; mode: how freeze speaks.
cases := {
	"no mode at all": {"shipped": {}, "wished": {}, "mode": "enforce"},
	"a policy without modes": {"shipped": {"freeze": {}}, "wished": {}, "mode": "enforce"},
	"an unknown mode": {"shipped": {"freeze": {"default": "maybe"}}, "wished": {}, "mode": "enforce"},
	"enforced": {"shipped": {"freeze": {"default": "enforce"}}, "wished": {}, "mode": "enforce"},
	"warned": {"shipped": {"freeze": {"default": "warn"}}, "wished": {}, "mode": "warn"},
	"in shadow": {"shipped": {"freeze": {"default": "shadow"}}, "wished": {}, "mode": "shadow"},
	"the environment's mode counts": {"shipped": {"freeze": {"default": "enforce", "production": "shadow"}}, "wished": {}, "mode": "shadow"},
	"another environment's does not": {"shipped": {"freeze": {"default": "warn", "sandbox": "enforce"}}, "wished": {}, "mode": "warn"},
	"the project makes it stricter": {"shipped": {"freeze": {"default": "shadow"}}, "wished": {"freeze": {"default": "warn"}}, "mode": "warn"},
	"the project makes it stricter here": {"shipped": {"freeze": {"default": "shadow"}}, "wished": {"freeze": {"production": "enforce"}}, "mode": "enforce"},
	"the project makes it stricter elsewhere": {"shipped": {"freeze": {"default": "shadow"}}, "wished": {"freeze": {"sandbox": "enforce"}}, "mode": "shadow"},
	"the project makes another stricter": {"shipped": {"freeze": {"default": "shadow"}}, "wished": {"code_owners": {"default": "enforce"}}, "mode": "shadow"},
	"the project cannot make it looser": {"shipped": {"freeze": {"default": "enforce"}}, "wished": {"freeze": {"default": "shadow"}}, "mode": "enforce"},
	"the project's mode is unknown": {"shipped": {"freeze": {"default": "shadow"}}, "wished": {"freeze": {"default": "maybe"}}, "mode": "enforce"},
}

# Where a message stands in each mode.
places := {"enforce": "violations", "warn": "warnings", "shadow": "shadowed"}

spoken(case) := {part: sample.messages(said[part]) | some part in places} if {
	doc := object.union(frozen, {"settings": {"modes": case.wished}})
	said := gatehouse.decision with input as doc with data.governance.modes as case.shipped
}

expected(mode) := {place: {message | places[mode] == place} | some place in places}

test_each_mode_speaks_in_its_place if {
	every case in cases {
		spoken(case) == expected(case.mode)
	}
}

outcomes := {"enforce": "deny", "warn": "warn", "shadow": "allow"}

test_each_mode_has_its_outcome if {
	every mode, outcome in outcomes {
		said := gatehouse.decision with input as frozen with data.governance.modes as {"freeze": {"default": mode}}
		said.outcome == outcome
	}
}

# What would be required is said in words, and nobody is asked.
test_an_advisory_policy_requires_nothing if {
	every mode in ["warn", "shadow"] {
		said := gatehouse.decision with input as sample.changing(["main.tf"]) with data.governance.modes as {"self_modification": {"default": mode}}
		{requirement.policy_id | some requirement in said.requirements} == {"change_approval_by_risk"}
		{finding.message | some finding in said[places[mode]]; finding.policy_id == "self_modification"} == {
			"What governs the work is changed: infrastructure is changed: main.tf.",
			"Would need 1 approval(s): What governs the work is changed (infrastructure): owners must agree.",
		}
	}
}

# A hook can hold every mode back: an editor is told, not stopped.
test_a_hook_holds_modes_back if {
	every hook in ["on_field_change", "on_review_open"] {
		doc := sample.document({"on": hook, "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"tools": ["curl"]}}}}}})
		said := gatehouse.decision with input as doc with data.governance.modes as {}
		said.outcome == "warn"
		sample.messages(said.warnings) == {"The tools curl are not on the allow-list."}
	}
}

test_an_advisory_policy_locks_and_mutates_nothing if {
	doc := sample.document({"on": "on_review_open", "patch": {"agent": {"definition": {"policies": {"baseline": []}}}}})
	said := gatehouse.decision with input as doc with data.governance.modes as {"field_locks": {"default": "warn"}}
	said.locked_fields == []
	said.mutations == set()
}

# What each policy is held back to in each hook, as the bundle ships it.
definition := ["cost_caps", "data_access_gate", "egress", "external_write_gate", "memory_retention", "model_allowlist", "tool_allowlist"]

described := array.concat(definition, ["ownership_metadata", "required_limits"])

ceilings := {
	"on_field_change": object.union({id: "warn" | some id in described}, {"field_locks": "enforce"}),
	"on_review_open": object.union({id: "warn" | some id in described}, {"field_locks": "enforce"}),
	"on_create_attempt": {id: "enforce" | some id in array.concat(described, ["field_locks"])},
	"on_promotion_attempt": {id: "enforce" | some id in array.concat(described, ["freeze", "promotion_evidence"])},
	"before_execute": {id: "enforce" | some id in array.concat(definition, ["agent_limits"])},
	"after_execute": {id: "enforce" | some id in ["agent_limits", "change_approval_by_risk", "code_owners", "self_modification", "tests_not_removed", "ticked_tasks"]},
	"before_effect": {id: "enforce" | some id in ["change_approval_by_risk", "code_owners", "freeze", "low_risk_paths", "self_modification", "tests_not_removed", "ticked_tasks"]},
	"on_policy_update": {"exception_bounds": "enforce", "policy_update": "enforce"},
	"on_remediation_attempt": {"freeze": "enforce", "remediation_blast_radius": "enforce"},
}

test_the_bundle_ships_these_hooks if data.governance.hooks == ceilings

test_the_bundle_ships_these_modes if {
	not_enforced := {[id, environment] |
		some id, modes in data.governance.modes
		some environment, mode in modes
		mode != "enforce"
	}
	not_enforced == {["ownership_metadata", "sandbox"]}
	every modes in data.governance.modes {
		modes.default == "enforce"
	}
}

# Without an environment nothing passes; what the policies say is told in the mode for all environments.
test_without_an_environment_the_mode_for_all_counts if {
	said := gatehouse.decision with input as object.remove(frozen, ["environment"]) with data.governance.modes as {"freeze": {"default": "warn", "mutated": "enforce"}}
	{finding.policy_id | some finding in said.violations} == {"decision"}
}
