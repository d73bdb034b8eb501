package gatehouse_test.tests_not_removed

import data.gatehouse
import data.gatehouse_test.sample

reported(part) := object.union(sample.before_effect, {"validation": {"candidate_reported": part}})

measured(part) := object.union(sample.before_effect, {"validation": {"host_measured": part}})

denied := {
	"Tests are removed: cart > adds, cart > empties.": reported({"removed_tests": ["cart > empties", "cart > adds"]}),
	"Tests are newly skipped: cart > adds.": reported({"newly_skipped_tests": ["cart > adds"]}),
	"Test files are deleted: test/cart.test.js.": measured({"test_files_deleted": ["test/cart.test.js"]}),
	"The validation did not pass: its verdict is failed.": object.union(sample.before_effect, {"validation": {"verdict": "failed"}}),
	"The validation did not pass: its verdict is errored.": object.union(sample.before_effect, {"validation": {"verdict": "errored"}}),
}

test_what_takes_tests_away_is_denied_by_name if {
	every message, document in denied {
		decision := gatehouse.decision with input as document
		decision.outcome == "deny"
		sample.messages(decision.violations) == {message}
	}
}

missing := {
	"no validation": object.union(sample.before_effect, {"validation": null}),
	"no verdict": object.union(sample.before_effect, {"validation": {"verdict": "fine"}}),
	"no removed tests": reported({"removed_tests": null}),
	"tests that are no names": reported({"removed_tests": [1]}),
	"tests in an object": reported({"removed_tests": {"a": "b"}}),
	"no skipped tests": reported({"newly_skipped_tests": null}),
	"no deleted files": measured({"test_files_deleted": null}),
	"no changed files": measured({"test_files_changed": null}),
}

test_missing_facts_are_denied if {
	every document in missing {
		decision := gatehouse.decision with input as document
		"The validation's facts about tests are missing: without them nothing is merged." in sample.messages(decision.violations)
	}
}

test_a_changed_test_file_warns_and_needs_an_owner if {
	decision := gatehouse.decision with input as measured({"test_files_changed": ["test/cart.test.js"]})
	decision.outcome == "warn"
	"Test files are changed: test/cart.test.js." in sample.messages(decision.warnings)
	some requirement in decision.requirements
	requirement.id == "test-change-approval"
	requirement.roles == ["owner"]
	requirement.reason == "Test files are changed, which can weaken them: test/cart.test.js."
	requirement.count == 1
}

test_long_lists_are_cut if {
	names := [sprintf("test %d", [n]) | some n in numbers.range(1000, 1104)]
	decision := gatehouse.decision with input as reported({"removed_tests": names})
	some message in sample.messages(decision.violations)
	endswith(message, "test 1099 and 5 more.")
}

test_before_a_validation_nothing_is_said_about_tests if {
	every hook in ["before_execute", "after_execute"] {
		decision := gatehouse.decision with input as object.union(sample[hook], {"validation": null})
		decision.outcome == "allow"
		decision.requirements == set()
	}
}

finished(part) := object.union(sample.after_execute, {"validation": object.union(sample.before_effect.validation, part)})

test_a_finished_validation_is_judged_at_once if {
	gone := gatehouse.decision with input as finished({"candidate_reported": {"removed_tests": ["cart > adds"]}})
	gone.outcome == "deny"
	sample.messages(gone.violations) == {"Tests are removed: cart > adds."}
	changed := gatehouse.decision with input as finished({"host_measured": {"test_files_changed": ["test/cart.test.js"]}})
	{requirement.id | some requirement in changed.requirements} == {"approvals", "test-change-approval"}
	failed := gatehouse.decision with input as finished({"verdict": "failed"})
	failed.outcome == "allow"
}
