# METADATA
# scope: package
# title: Nothing takes effect in a freeze
# description: >-
#   A freeze window or an open incident stops effects and promotions in its scope; a window also stops what we would
#   mend by ourselves.
# custom:
#   id: freeze
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/freeze.md
package gatehouse.policies.freeze

import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

windows := settings.gathered("freeze")

applies if input.hook in {"before_effect", "on_promotion_attempt"}

applies if {
	input.hook == "on_remediation_attempt"
	not is_proposed
}

is_proposed if input.remediation.mode == "propose"

violations contains sprintf("The freeze window %v cannot be read: it needs from before to, environments, branches and a reason.", [called(i)]) if {
	applies
	some i, window in windows
	not is_sound(window)
}

called(i) := id if {
	id := windows[i].id
} else := i

violations contains sprintf("The freeze %s is in force until %s: %s", [window.id, window.to, window.reason]) if {
	applies
	some window in windows
	is_sound(window)
	in_time(window)
	in_scope(window)
}

violations contains sprintf("The incident %v is open: %v", [object.get(incident, "id", "without id"), object.get(incident, "summary", "")]) if {
	input.hook in {"before_effect", "on_promotion_attempt"}
	some incident in input.incidents
	is_near(incident)
}

violations contains "The open incidents cannot be told." if {
	applies
	not incidents_are_told
}

incidents_are_told if not input.incidents

incidents_are_told if {
	is_array(input.incidents)
	every incident in input.incidents {
		is_object(incident)
	}
}

is_sound(window) if {
	time.parse_rfc3339_ns(window.from) < time.parse_rfc3339_ns(window.to)
	is_array(window.environments)
	is_array(window.branches)
	is_string(window.reason)
	is_string(window.id)
}

in_time(window) if {
	at := time.parse_rfc3339_ns(input.at)
	time.parse_rfc3339_ns(window.from) <= at
	at < time.parse_rfc3339_ns(window.to)
}

in_scope(window) if {
	in_environments(window)
	in_branches(window)
}

in_environments(window) if count(window.environments) == 0

in_environments(window) if input.environment in window.environments

# What has no branch is stopped by windows of all branches only.
in_branches(window) if count(window.branches) == 0

in_branches(window) if input.effect.target_branch in window.branches

is_near(incident) if {
	near_environment(incident)
	near_repository(incident)
}

near_environment(incident) if object.get(incident, "environment", null) == null

near_environment(incident) if incident.environment == input.environment

near_repository(incident) if object.get(incident, "repository_id", null) == null

near_repository(incident) if incident.repository_id == input.repository.id
