# METADATA
# scope: package
# title: Exceptions have bounds
# description: >-
#   An exception is from a policy that knows exceptions, in one environment, for as long as that policy allows, with
#   a reason; in governed environments for one agent or repository. Persons approve it.
# custom:
#   id: exception_bounds
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/exception_bounds.md
package gatehouse.policies.exception_bounds

import data.gatehouse.exceptions

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

asked := input.policy_update.exception if {
	input.policy_update.kind == "exception"
	is_object(input.policy_update.exception)
}

violations contains sprintf("The exception is out of bounds: %s.", [concat("; ", exceptions.problems(asked))]) if {
	count(exceptions.problems(asked)) > 0
}

violations contains "The exception cannot be told." if {
	input.policy_update.kind == "exception"
	not asked
}

requirements contains {
	"id": "exception-approval",
	"count": exceptions.needed(asked),
	"roles": ["owner"],
	"reason": sprintf("An exception from %v in %v needs the approval of %d owner(s).", [
		asked.policy_id,
		asked.scope.environment,
		exceptions.needed(asked),
	]),
}
