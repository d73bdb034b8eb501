# METADATA
# scope: package
# title: Hosts are on the allow-list
# description: >-
#   A run reaches only hosts that are named, known, allowed where it runs, and not left out by the project. A name
#   counts letter by letter: no pattern, port or address.
# custom:
#   id: egress
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/egress.md
package gatehouse.policies.egress

import data.gatehouse.agent
import data.gatehouse.paths
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

told := agent.capability("egress")

hosts := agent.names(told)

violations contains "The agent's egress is no list of host names." if {
	told != null
	not agent.strings(told)
}

violations contains sprintf("The hosts %s are not on the allow-list.", [paths.listed(unknown)]) if count(unknown) > 0

violations contains sprintf("The hosts %s are not allowed in %s environments.", [paths.listed(elsewhere), settings.class]) if {
	count(elsewhere) > 0
}

violations contains sprintf("The project does not allow the hosts %s.", [paths.listed(left_out)]) if count(left_out) > 0

unknown := {host | some host in hosts; not data.governance.hosts[host]}

elsewhere := {host |
	some host in hosts
	entry := data.governance.hosts[host]
	not settings.class in entry.classes
}

left_out := settings.narrowed("allowed_hosts", hosts)
