# METADATA
# scope: package
# title: Tests are not removed
# description: A change may not delete tests, drop them from the report or skip them. A changed test file is looked at by an owner.
# custom:
#   id: tests_not_removed
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/tests_not_removed.md
package gatehouse.policies.tests_not_removed

import data.gatehouse.change
import data.gatehouse.paths

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

removed := input.validation.candidate_reported.removed_tests

skipped := input.validation.candidate_reported.newly_skipped_tests

deleted := input.validation.host_measured.test_files_deleted

changed := input.validation.host_measured.test_files_changed

facts_are_told if {
	every fact in [removed, skipped, deleted, changed] {
		is_array(fact)
		every name in fact {
			is_string(name)
		}
	}
	input.validation.verdict in {"passed", "failed", "errored"}
}

violations contains "The validation's facts about tests are missing: without them nothing is merged." if {
	change.is_judged
	not facts_are_told
}

violations contains sprintf("The validation did not pass: its verdict is %s.", [input.validation.verdict]) if {
	input.hook == "before_effect"
	input.validation.verdict in {"failed", "errored"}
}

violations contains sprintf("Tests are removed: %s.", [paths.listed(removed)]) if {
	count(removed) > 0
}

violations contains sprintf("Tests are newly skipped: %s.", [paths.listed(skipped)]) if {
	count(skipped) > 0
}

violations contains sprintf("Test files are deleted: %s.", [paths.listed(deleted)]) if {
	count(deleted) > 0
}

warnings contains sprintf("Test files are changed: %s.", [paths.listed(changed)]) if {
	count(changed) > 0
}

requirements contains {
	"id": "test-change-approval",
	"count": 1,
	"roles": ["owner"],
	"reason": sprintf("Test files are changed, which can weaken them: %s.", [paths.listed(changed)]),
} if {
	count(changed) > 0
}
