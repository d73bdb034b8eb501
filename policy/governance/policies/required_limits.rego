# METADATA
# scope: package
# title: An agent states its limits
# description: >-
#   Each limit that the bundle requires is a number and within the cap. In governed environments the agent also expires.
# custom:
#   id: required_limits
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/required_limits.md
package gatehouse.policies.required_limits

import data.gatehouse.agent
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

violations contains sprintf("The limit %s is missing, or is no number from zero up.", [name]) if {
	some name in data.governance.required_limits
	not stated(name)
}

violations contains sprintf("The limit %s is %v; at most %v is allowed.", [name, agent.limit(name), settings.least(name)]) if {
	some name in data.governance.required_limits
	stated(name)
	agent.limit(name) > settings.least(name)
}

violations contains "The agent's end cannot be told: expires_at must be null or an RFC 3339 time." if not end_is_told

violations contains sprintf("The agent never expires; in %s it must within %d days.", [input.environment, days]) if {
	agent.limit("expires_at") == null
}

violations contains sprintf("The agent expires at %s, more than %d days from now.", [agent.limit("expires_at"), days]) if {
	end > time.parse_rfc3339_ns(input.at) + (((days * 24) * 3600) * 1000000000)
}

violations contains sprintf("The agent expired at %s.", [agent.limit("expires_at")]) if {
	time.parse_rfc3339_ns(input.at) >= end
}

stated(name) if {
	is_number(agent.limit(name))
	agent.limit(name) >= 0
}

end := time.parse_rfc3339_ns(agent.limit("expires_at"))

end_is_told if agent.limit("expires_at") == null

end_is_told if end

days := data.governance.max_life_days[settings.class]
