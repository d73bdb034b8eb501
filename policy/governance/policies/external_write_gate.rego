# METADATA
# scope: package
# title: Writing outside is allowed by name
# description: >-
#   What writes outside of the sandbox needs allow_external_write, which no agent has in a sandbox environment, and
#   which an owner approves before it is governed.
# custom:
#   id: external_write_gate
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/external_write_gate.md
package gatehouse.policies.external_write_gate

import data.gatehouse.agent
import data.gatehouse.paths
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

violations contains "Whether the agent may write outside cannot be told: allow_external_write must be true or false." if {
	not is_boolean(agent.capability("allow_external_write"))
}

violations contains sprintf("Without allow_external_write the agent may not have what writes outside: %s.", [paths.listed(writers)]) if {
	not allowed
	count(writers) > 0
}

violations contains "In a sandbox environment no agent writes outside: allow_external_write must be false." if {
	allowed
	settings.class == "sandbox"
}

warnings contains "The agent may write outside, but has no tool, action or host that does: allow_external_write can be false." if {
	allowed
	count(writers) == 0
}

requirements contains {
	"id": "external-write-approval",
	"count": 1,
	"roles": ["owner"],
	"reason": "The agent may write outside of the sandbox.",
} if {
	input.hook == "on_promotion_attempt"
	allowed
}

allowed if agent.capability("allow_external_write") == true

writers := agent.marked("external_write") | {sprintf("host %s", [host]) |
	some host in agent.names(agent.capability("egress"))
	data.governance.hosts[host].write
}
