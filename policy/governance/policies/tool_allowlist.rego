# METADATA
# scope: package
# title: Tools and actions are on the allow-list
# description: >-
#   Each tool and action is known, allowed where the agent is to run, and not left out by the project.
# custom:
#   id: tool_allowlist
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/tool_allowlist.md
package gatehouse.policies.tool_allowlist

import data.gatehouse.agent
import data.gatehouse.paths
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

lists := {"tools": "allowed_tools", "actions": "allowed_actions"}

violations contains sprintf("The agent's %s are no list of names.", [list]) if {
	some list, _ in lists
	not agent.strings(agent.capability(list))
}

violations contains sprintf("The %s %s are not on the allow-list.", [list, paths.listed(unknown)]) if {
	some list, _ in lists
	unknown := {name | some name in agent.names(agent.capability(list)); not data.governance[list][name]}
	count(unknown) > 0
}

violations contains sprintf("The %s %s are not allowed in %s environments.", [list, paths.listed(elsewhere), settings.class]) if {
	some list, _ in lists
	elsewhere := {name |
		some name in agent.names(agent.capability(list))
		entry := data.governance[list][name]
		not settings.class in entry.classes
	}
	count(elsewhere) > 0
}

violations contains sprintf("The project does not allow the %s %s.", [list, paths.listed(left_out)]) if {
	some list, setting in lists
	left_out := settings.narrowed(setting, agent.names(agent.capability(list)))
	count(left_out) > 0
}
