# METADATA
# scope: package
# title: A model has a budget
# description: >-
#   An agent that asks for a model states what it may cost per request, day and month, within the caps, and does not
#   run when the day or the month is spent.
# custom:
#   id: cost_caps
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/cost_caps.md
package gatehouse.policies.cost_caps

import data.gatehouse.agent
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

violations contains sprintf("The agent uses a model, but %s is missing, or is no number from zero up.", [name]) if {
	agent.has_llm
	some name in data.governance.cost_limits
	not stated(name)
}

violations contains sprintf("%s is %v USD; at most %v USD is allowed.", [name, agent.limit(name), settings.least(name)]) if {
	agent.has_llm
	some name in data.governance.cost_limits
	stated(name)
	agent.limit(name) > settings.least(name)
}

violations contains sprintf("What the agent spent this %s cannot be told.", [period]) if {
	runs
	some period in {"day", "month"}
	not is_told(period)
}

violations contains sprintf("The agent spent %v USD this %s; %v USD are allowed.", [spent(period), period, budget]) if {
	runs
	some period, name in {"day": "max_cost_per_day", "month": "max_cost_per_month"}
	is_told(period)
	budget := min([agent.limit(name), settings.least(name)])
	spent(period) >= budget
}

runs if {
	input.hook == "before_execute"
	agent.has_llm
}

stated(name) if {
	is_number(agent.limit(name))
	agent.limit(name) >= 0
}

spent(period) := input.agent.spend[period]

is_told(period) if {
	is_number(spent(period))
	spent(period) >= 0
}
