# METADATA
# scope: package
# title: Some fields are not the author's
# description: >-
#   What policy sets is not edited, and a governed version is not edited at all: a new draft is. A definition is given
#   the policies that speak when it runs.
# custom:
#   id: field_locks
#   severity: medium
#   owner: platform-governance
#   runbook: docs/reference/policies/field_locks.md
package gatehouse.policies.field_locks

import data.gatehouse.agent

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

governed if input.agent.lifecycle.state == "governed"

locked_fields contains path if some path in data.governance.locked_fields

locked_fields contains "" if governed

change := input.field_change

edits if input.hook == "on_field_change"

violations contains "What is edited cannot be told: the path must be a JSON Pointer." if {
	edits
	not pointer_is_sound
}

pointer_is_sound if change.path == ""

# RFC 6901: each `~` is that of `~0` or `~1`.
pointer_is_sound if {
	startswith(change.path, "/")

	# mutate: equivalent string - what stands for an escape has no `~`
	not contains(strings.replace_n({"~0": "", "~1": ""}, change.path), "~")
}

violations contains sprintf("The field %s is set by policy.", [path]) if {
	edits
	some path in data.governance.locked_fields
	touches(path)
}

violations contains "A governed version is not edited: make a new draft of it." if {
	edits
	governed
}

# The field itself, what is in it, and what it is in.
touches(path) if change.path == path

touches(path) if startswith(change.path, concat("", [path, "/"]))

touches(path) if startswith(path, concat("", [change.path, "/"]))

baseline := sort(object.keys(data.governance.hooks.before_execute))

mutations contains {
	"path": "/policies/baseline",
	"value": baseline,
	"reason": "The policies that speak when the agent runs.",
} if {
	input.hook in {"on_review_open", "on_create_attempt"}
	agent.part(["policies", "baseline"]) != baseline
}
