# METADATA
# scope: package
# title: A bundle is put in force by proof
# description: >-
#   Signed and verified, newer than the one in force, its tests passed, and no replayed decision comes out otherwise
#   without an explanation. Owners approve it.
# custom:
#   id: policy_update
#   severity: critical
#   owner: platform-governance
#   runbook: docs/reference/policies/policy_update.md
package gatehouse.policies.policy_update

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

rules := data.governance.policy_update

update := input.policy_update

bundle := update.bundle

is_bundle if update.kind == "bundle"

violations contains "The update is neither a bundle nor an exception." if not kind_is_known

kind_is_known if update.kind in {"bundle", "exception"}

violations contains "The bundle's signature was not verified." if {
	is_bundle
	not is_verified
}

is_verified if bundle.signature_verified == true

violations contains "The bundle is not newer than the one in force." if {
	is_bundle
	not is_newer
}

is_newer if {
	is_number(bundle.revision)
	is_number(bundle.current_revision)
	bundle.revision > bundle.current_revision
}

violations contains "The bundle's tests did not all run and pass." if {
	is_bundle
	not is_tested
}

is_tested if {
	is_number(bundle.tests_total)
	bundle.tests_total >= rules.min_tests
	bundle.tests_failed == 0
}

violations contains "Replayed decisions come out otherwise, and nobody explained why." if {
	is_bundle
	not is_steady
}

is_steady if {
	is_number(bundle.replayed)
	bundle.unexplained_flips == 0
}

requirements contains {
	"id": "policy-approval",
	"count": rules.owners,
	"roles": ["owner"],
	"reason": sprintf("A bundle is put in force by %d owners.", [rules.owners]),
} if {
	is_bundle
}
