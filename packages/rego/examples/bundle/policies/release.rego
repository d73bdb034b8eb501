# METADATA
# title: May this release go out?
package release

default decision := {"outcome": "deny", "violations": ["nothing is known of the release"]}

decision := {"outcome": outcome, "violations": violations} if is_string(input.environment)

outcome := "allow" if {
	count(violations) == 0
} else := "deny"

violations contains "the tests did not pass" if not input.tests_passed

violations contains sprintf("%d approvals are needed", [needed]) if input.approvals < needed

violations contains sprintf("%s is frozen until %s", [input.environment, window.until]) if {
	some window in data.release.freezes
	input.environment in window.environments
	now >= time.parse_rfc3339_ns(window.from)
	now < time.parse_rfc3339_ns(window.until)
}

needed := data.release.approvals[input.environment]

now := time.parse_rfc3339_ns(input.at)
