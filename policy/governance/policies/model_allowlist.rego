# METADATA
# scope: package
# title: Models are on the allow-list
# description: >-
#   Provider, model and runtime are known, allowed where the agent is to run, and asked for within bounds.
# custom:
#   id: model_allowlist
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/model_allowlist.md
package gatehouse.policies.model_allowlist

import data.gatehouse.agent
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

name := sprintf("%s/%s", [agent.llm.provider, agent.llm.model])

entry := data.governance.models[agent.llm.provider][agent.llm.model]

violations contains "The agent's model cannot be told: provider, model and runtime must be names." if {
	agent.has_llm
	not is_told
}

violations contains sprintf("The model %s is not on the allow-list.", [name]) if {
	is_told
	not entry
}

violations contains sprintf("The model %s is not allowed in %s environments.", [name, settings.class]) if {
	not settings.class in entry.classes
}

violations contains sprintf("The project does not allow the model %s.", [name]) if {
	is_told
	count(settings.narrowed("allowed_models", [name])) > 0
}

violations contains sprintf("The runtime %s is not on the allow-list.", [agent.llm.runtime]) if {
	is_told
	not data.governance.runtimes[agent.llm.runtime]
}

violations contains sprintf("%s is %v; it must be a number from %v to %v.", [part, value, bound.least, bound.most]) if {
	some part, bound in bounds
	value := agent.llm[part]
	not within(value, bound)
}

bounds := {
	"temperature": {"least": 0, "most": data.governance.temperature_max[settings.class]},
	"top_p": {"least": 0, "most": 1},
	"max_tokens": {"least": 1, "most": entry.max_tokens},
}

within(value, bound) if {
	value >= bound.least
	value <= bound.most
}

is_told if {
	every part in ["provider", "model", "runtime"] {
		is_string(agent.llm[part])
	}
}
