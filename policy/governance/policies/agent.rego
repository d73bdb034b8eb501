# METADATA
# scope: package
# title: The agent's definition
# description: Each part of the definition that policies read, null where it is not there, so that `not` can be said of it.
package gatehouse.agent

part(path) := object.get(definition, path, null)

default definition := {}

definition := input.agent.definition if is_object(input.agent.definition)

limit(name) := part(["limits", name])

capability(name) := part(["anatomy", "capabilities", name])

llm := part(["anatomy", "llm"])

memory := part(["anatomy", "memory"])

# METADATA
# description: A null model is none; a model that is no object is one that cannot be told, so it counts as one.
has_llm if llm != null

has_memory if memory != null

# METADATA
# description: True where the value is a list of strings and nothing else.
strings(value) if {
	is_array(value)
	every item in value {
		is_string(item)
	}
}

# METADATA
# description: The names of a list, none where it is no list of strings, which `strings` says.
names(value) := {item |
	strings(value)
	some item in value
}

# METADATA
# description: The agent's tools and actions that their allow-lists mark, as write outside or as reading data.
marked(mark) := {sprintf("%s %s", [word, name]) |
	some word, list in {"tool": "tools", "action": "actions"}
	some name in names(capability(list))
	data.governance[list][name][mark]
}
