# METADATA
# scope: package
# title: Memory is kept as long as allowed
# description: >-
#   What an agent remembers between runs has a scope and a number of days within the cap of its mode and scope.
# custom:
#   id: memory_retention
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/memory_retention.md
package gatehouse.policies.memory_retention

import data.gatehouse.agent

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

violations contains "The agent's memory mode is not one of stateless, session, persistent." if {
	agent.has_memory
	not mode_is_known
}

violations contains sprintf("The agent's %s memory needs a scope (user, workspace, global) and retention_days.", [mode]) if {
	caps
	not is_told
}

violations contains sprintf("%s memory of scope %s is kept %v days; at most %d are allowed.", [mode, agent.memory.scope, days, cap]) if {
	is_told
	days > cap
}

violations contains "A stateless agent keeps nothing: retention_days must be 0 or left out." if {
	mode == "stateless"
	not keeps_nothing
}

mode := agent.memory.mode

days := agent.memory.retention_days

# Days by scope for the mode; none for stateless, which keeps nothing.
caps := data.governance.memory[mode]

cap := caps[agent.memory.scope]

mode_is_known if mode == "stateless"

mode_is_known if caps

is_told if {
	cap
	is_number(days)
	days >= 0
}

keeps_nothing if object.get(agent.memory, "retention_days", 0) == 0
