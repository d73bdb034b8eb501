# METADATA
# scope: package
# title: How each policy speaks
# description: >-
#   Shadow is only shown, warn warns, enforce denies. The mode of a policy is the stricter of what the bundle's data
#   and the project's settings say for the environment, but never stricter than what the hook lets it be.
package gatehouse.modes

# Policies of the input's hook, each with the strictest mode that the hook allows.
active := data.governance.hooks[input.hook]

ranks := data.governance.mode_ranks

rank[id] := min([ranks[ceiling], max({shipped(id)} | wished(id))]) if some id, ceiling in active

# A policy without a mode, or with one that is not known, enforces.
shipped(id) := object.get(ranks, chosen(id), ranks.enforce)

# mutate: equivalent string - every mode that is not known enforces
chosen(id) := object.get(data.governance.modes, [id, environment], object.get(data.governance.modes, [id, "default"], "enforce"))

# What the project says for the environment and for all of them.
wished(id) := {object.get(ranks, mode, ranks.enforce) |
	some key in {environment, "default"}
	mode := input.settings.modes[id][key]
}

# Without an environment, which the contract denies, the mode for all of them counts.
default environment := ""

environment := input.environment

enforced contains id if {
	some id, n in rank
	n == ranks.enforce
}

warned contains id if {
	some id, n in rank
	n == ranks.warn
}

shadowed contains id if {
	some id, n in rank
	n == ranks.shadow
}

advisory := warned | shadowed
