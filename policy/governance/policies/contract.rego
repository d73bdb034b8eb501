# METADATA
# scope: package
# title: What each hook must be told
# description: >-
#   A rule that reads what is not there is undefined and says nothing, and so does `not` with an expression that reads
#   it. So what is not there denies, and `not` is only said of rules. Parts and members that are known come from
#   data/contract.json, which is made from the schemas of core.
package gatehouse.contract

import data.gatehouse.paths
import data.gatehouse.settings

contract := data.governance.contract

missing contains "The input names no hook that policy knows." if not needs

missing contains "The input's `at` is no RFC 3339 time." if not time_is_told

missing contains "The input has no settings." if not settings_are_told

missing contains "The input names no environment." if not environment_is_told

missing contains "The input names no actor of a kind that policy knows." if not actor_is_told

missing contains sprintf("The input has no %s, by which %s is decided.", [part, input.hook]) if {
	some part, _ in needs
	not there[part]
}

there contains part if {
	some part, _ in needs
	is_object(input[part])
}

missing contains sprintf("The input has members that policy does not know: %s.", [paths.listed(unknown)]) if {
	count(unknown) > 0
}

unknown contains sprintf("input.%v", [name]) if {
	known := contract.members
	some name, _ in input
	not known[name]
}

unknown contains sprintf("%s.%v", [known.path, name]) if {
	some part, objects in contract.objects

	# mutate: equivalent - it only spares looking for what is in it
	input[part] != null
	some known in objects

	# mutate: equivalent boolean - neither has members
	found := object.get(input, known.steps, null)

	# mutate: equivalent - it only spares looking for members
	found != null
	some name, _ in surplus(found, known.members)
}

# mutate: equivalent - what is no object has no members to remove
surplus(found, members) := object.remove(found, members) if is_object(found)

# A list that stands where an object should is told by its positions.
surplus(found, _) := found if is_array(found)

missing contains sprintf("The setting %s is no number from zero up.", [name]) if {
	some name, _ in data.governance.limits
	value := input.settings[name]
	not is_count(value)
}

missing contains sprintf("The project's preset %s is not one of the bundle's.", [settings.preset_name]) if {
	not data.governance.presets[settings.preset_name]
}

missing contains "The task's risk is not one of low, medium, high, critical." if {
	has_task
	not risk_is_known
}

missing contains "The proposal does not say which files it changes." if {
	has_proposal
	not files_are_told
}

missing contains sprintf("The proposal has paths that no git tree has: %s.", [paths.listed(paths.impossible)]) if {
	count(paths.impossible) > 0
}

missing contains "The proposal's provenance is neither observed nor unobserved." if {
	has_proposal
	not provenance_is_known
}

missing contains "The proposal names no authors." if {
	input.hook == "before_effect"
	has_proposal
	not authors_are_told
}

missing contains "The effect is none that policy knows." if {
	input.hook == "before_effect"
	not effect_is_told
}

missing contains "The agent has no definition." if {
	has_agent
	not is_defined
}

missing contains "The agent's lifecycle is not one of draft, sandbox, governed, disabled." if {
	has_agent
	not lifecycle_is_known
}

missing contains "The actor is an agent that the input does not describe." if {
	input.actor.kind == "agent"
	not has_agent
}

needs := contract.hooks[input.hook]

time_is_told if time.parse_rfc3339_ns(input.at)

settings_are_told if is_object(input.settings)

environment_is_told if {
	is_string(input.environment)
	input.environment != ""
}

actor_is_told if input.actor.kind in {"person", "agent", "service"}

is_count(value) if {
	is_number(value)
	value >= 0
}

has_task if is_object(input.task)

risk_is_known if input.task.risk in data.governance.risk.levels

has_proposal if is_object(input.proposal)

files_are_told if {
	is_array(input.proposal.files)
	every file in input.proposal.files {
		is_string(file.path)
	}
	is_count(input.proposal.diff_bytes)
}

provenance_is_known if input.proposal.provenance in {"observed", "unobserved"}

authors_are_told if is_array(input.proposal.authors)

effect_is_told if {
	input.effect.kind == "merge"
	is_string(input.effect.target_branch)
}

has_agent if is_object(input.agent)

is_defined if is_object(input.agent.definition)

lifecycle_is_known if input.agent.lifecycle.state in {"draft", "sandbox", "governed", "disabled"}
