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

rank[id] := min([told[ceiling], shipped(id)]) if {
	told := ranks
	some id, ceiling in active
	not wishes[id]
}

rank[id] := min([ranks[ceiling], max({shipped(id)} | wished(id))]) if {
	some id, _ in wishes
	ceiling := active[id]
}

wishes := input.settings.modes

# A policy without a mode, or with one that is not known, enforces.
shipped(id) := known(mode) if {
	mode := data.governance.modes[id][environment]
} else := known(mode) if {
	mode := data.governance.modes[id]["default"]
} else := ranks.enforce

known(mode) := object.get(ranks, mode, ranks.enforce)

# What the project says for the environment and for all of them.
wished(id) := {known(mode) |
	some key in {environment, "default"}
	mode := input.settings.modes[id][key]
}

# Without an environment, which the contract denies, the mode for all of them counts.
default environment := ""

environment := input.environment

enforced := of_mode("enforce")

warned := of_mode("warn")

shadowed := of_mode("shadow")

of_mode(mode) := {id |
	wanted := ranks[mode]
	some id, n in rank
	n == wanted
}

advisory := warned | shadowed
