# METADATA
# scope: package
# title: Settings
# description: >-
#   What the project's preset and its own settings say, put together so that each can only tighten: the larger number of
#   approvals, the smallest limit, what every allow-list holds, all freezes and all owners.
package gatehouse.settings

own := input.settings

preset_name := name if {
	name := data.governance.project_presets[input.project.name]
} else := data.governance.preset

# Undefined where the preset is unknown, which the contract denies.
preset := data.governance.presets[preset_name]

sources := [preset, own]

# METADATA
# description: The smallest of what the bundle, the preset and the project allow. Undefined where the bundle has no such limit.
least(name) := min({data.governance.limits[name]} | stated(name))

# METADATA
# description: The largest of a floor and what the preset and the project ask for.
most(name, floor) := max({floor} | stated(name))

stated(name) := {value |
	some source in sources
	value := source[name]
}

# METADATA
# description: Approvals that a level of risk needs, at least as many as the bundle says.
approvals(level, floor) := max({floor} | {value |
	some source in sources
	value := source.approvals[level]
})

# METADATA
# description: The members of a list in preset and project together, in their order.
gathered(name) := array.concat(object.get(preset, name, []), object.get(own, name, []))

# METADATA
# description: Members that an allow-list of the preset or the project leaves out.
narrowed(name, members) := {member |
	some source in sources
	list := source[name]
	allowed := {m | some m in list}
	some member in members
	not allowed[member]
}

# METADATA
# description: What an environment is held to. One that the bundle does not know is held to what governed ones are.
class_of(environment) := object.get(data.governance.environment_classes, environment, "governed")

default class := "governed"

class := class_of(input.environment)
