# METADATA
# scope: package
# title: Somebody answers for the agent
# description: >-
#   An agent has an owner, and says in words, tags and class what it is for.
# custom:
#   id: ownership_metadata
#   severity: medium
#   owner: platform-governance
#   runbook: docs/reference/policies/ownership_metadata.md
package gatehouse.policies.ownership_metadata

import data.gatehouse.agent

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

rules := data.governance.metadata

violations contains "The agent has no owner who answers for it." if not has_owner

violations contains sprintf("The agent's description must say what it is for, in %d characters or more.", [rules.min_description_characters]) if {
	not is_described
}

violations contains "The agent's role class is not one that is known." if not class_is_known

violations contains sprintf("The agent needs %d tag(s) or more.", [rules.min_tags]) if not is_tagged

has_owner if trim_space(input.agent.owner_person_id) != ""

is_described if {
	description := agent.part(["identity", "description"])
	count(trim_space(description)) >= rules.min_description_characters
}

class_is_known if rules.role_classes[agent.part(["identity", "role_class"])]

is_tagged if {
	tags := {tag | some tag in agent.names(agent.part(["identity", "tags"])); trim_space(tag) != ""}
	count(tags) >= rules.min_tags
}
