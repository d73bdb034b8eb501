# METADATA
# scope: package
# title: Reading data is allowed by name
# description: >-
#   What reads data needs allow_data_access, which an owner approves before it is governed. An agent that reads data
#   may not also write outside, nor remember it for everybody.
# custom:
#   id: data_access_gate
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/data_access_gate.md
package gatehouse.policies.data_access_gate

import data.gatehouse.agent
import data.gatehouse.paths

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

violations contains "Whether the agent may read data cannot be told: allow_data_access must be true or false." if {
	not is_boolean(agent.capability("allow_data_access"))
}

violations contains sprintf("Without allow_data_access the agent may not have what reads data: %s.", [paths.listed(readers)]) if {
	not allowed
	count(readers) > 0
}

violations contains "The agent may read data and write outside, so it could carry data out: give it one of the two." if {
	allowed
	agent.capability("allow_external_write") == true
}

violations contains "The agent may read data and remember it for everybody: its memory's scope must be user or workspace." if {
	allowed
	agent.memory.scope == "global"
}

warnings contains "The agent may read data, but has no tool or action that does: allow_data_access can be false." if {
	allowed
	count(readers) == 0
}

requirements contains {
	"id": "data-access-approval",
	"count": 1,
	"roles": ["owner"],
	"reason": "The agent may read data.",
} if {
	input.hook == "on_promotion_attempt"
	allowed
}

allowed if agent.capability("allow_data_access") == true

readers := agent.marked("data_access")
