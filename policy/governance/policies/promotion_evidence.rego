# METADATA
# scope: package
# title: A promotion is shown to be right
# description: >-
#   One step up the ladder, of the version that is asked for, on tests that the host measured there, that passed, and
#   that are fresh; and with approvals of persons.
# custom:
#   id: promotion_evidence
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/promotion_evidence.md
package gatehouse.policies.promotion_evidence

import data.gatehouse.agent
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

rules := data.governance.promotion

promotion := input.promotion

evidence := promotion.evidence

# The project's ladder counts where it only puts more environments between the bundle's first and last.
ladder := object.get(input.settings, "environments", data.governance.ladder)

violations contains "The project's environments are no ladder: they must begin and end as the bundle's do, each named once." if {
	not ladder_is_sound
}

ladder_is_sound if {
	agent.strings(ladder)
	ladder[0] == data.governance.ladder[0]
	ladder[count(ladder) - 1] == data.governance.ladder[count(data.governance.ladder) - 1]
	count({rung | some rung in ladder}) == count(ladder)
}

violations contains sprintf("From %v to %v is not one step up the ladder %s.", [
	object.get(input, ["promotion", "from"], "nowhere"),
	object.get(input, ["promotion", "to"], "nowhere"),
	concat(", ", ladder),
]) if {
	ladder_is_sound
	not is_adjacent
}

is_adjacent if {
	some i
	ladder[i] == promotion.from
	ladder[i + 1] == promotion.to
}

violations contains "The input's environment is not the one that is promoted to." if not same_environment

same_environment if input.environment == promotion.to

violations contains "The agent is not in a state to be promoted: it must be sandbox or governed." if not state_is_right

state_is_right if input.agent.lifecycle.state in {"sandbox", "governed"}

violations contains "The promotion is of another version than the agent that is described." if not same_version

same_version if promotion.agent_version == input.agent.version

violations contains sprintf("The promotion has no evidence that counts: %s.", [concat("; ", lacking)]) if {
	count(lacking) > 0
}

lacking contains "none is there" if not is_there

is_there if is_object(evidence)

lacking contains "it is of another version" if not evidence_of_version

evidence_of_version if evidence.agent_version == promotion.agent_version

lacking contains "it is from another environment than the one promoted from" if not evidence_of_environment

evidence_of_environment if evidence.environment == promotion.from

lacking contains "its tests did not pass" if not tests_passed

tests_passed if {
	evidence.verdict == "passed"
	evidence.tests_failed == 0
}

lacking contains sprintf("fewer than %d test(s) ran", [rules.min_tests]) if not tests_ran

tests_ran if {
	is_number(evidence.tests_total)
	evidence.tests_total >= rules.min_tests
}

lacking contains "the host did not measure it" if not is_measured

is_measured if evidence.source == "host_measured"

lacking contains sprintf("it is not from the last %d s", [rules.max_evidence_age_seconds]) if not is_fresh

is_fresh if {
	age := time.parse_rfc3339_ns(input.at) - time.parse_rfc3339_ns(evidence.finished_at)
	age >= 0
	age <= rules.max_evidence_age_seconds * 1000000000
}

requirements contains {
	"id": "promotion-approval",
	"count": needed,
	"roles": rules.roles,
	"reason": sprintf("A promotion into a %s environment needs %d approval(s).", [settings.class, needed]),
}

needed := settings.most("promotion_approvals", rules.approvals[settings.class])
