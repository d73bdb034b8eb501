package gatehouse_test.exception_bounds

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"in bounds": {"on": "on_exception", "requirements": ["exception-approval 2"]},
	"a bundle is no exception": {"on": "on_policy_update"},
	"a bundle with something that would be an exception": {"on": "on_policy_update", "patch": {"policy_update": {"exception": {"reason": "x"}}}},
	"in the sandbox one owner approves": {"on": "on_exception", "patch": {"policy_update": {"exception": {"scope": {"environment": "sandbox"}}}}, "requirements": ["exception-approval 1"]},
	"in the sandbox it may be wide": {"on": "on_exception", "patch": {"policy_update": {"exception": {"scope": {"environment": "sandbox", "repository_id": null}}}}, "requirements": ["exception-approval 1"]},
	"in production it may not be wide": {"on": "on_exception", "patch": {"policy_update": {"exception": {"scope": {"repository_id": null}}}}, "violations": ["The exception is out of bounds: it names neither agent nor repository, as it must in a governed environment."], "requirements": ["exception-approval 2"]},
	"for an agent in production": {"on": "on_exception", "patch": {"policy_update": {"exception": {"scope": {"repository_id": null, "agent_id": "agt_1"}}}}, "requirements": ["exception-approval 2"]},
	"in an unknown environment it may not be wide": {"on": "on_exception", "patch": {"policy_update": {"exception": {"scope": {"environment": "moon", "repository_id": null}}}}, "violations": ["The exception is out of bounds: it names neither agent nor repository, as it must in a governed environment."], "requirements": ["exception-approval 2"]},
	"no environment": {"on": "on_exception", "patch": {"policy_update": {"exception": {"scope": {"environment": null}}}}, "violations": ["The exception is out of bounds: it names no environment."], "requirements": ["exception-approval 2"]},
	"an empty environment": {"on": "on_exception", "patch": {"policy_update": {"exception": {"scope": {"environment": ""}}}}, "violations": ["The exception is out of bounds: it names no environment."], "requirements": ["exception-approval 2"]},
	"no scope": {"on": "on_exception", "without": ["/policy_update/exception/scope"], "violations": ["The exception is out of bounds: it names neither agent nor repository, as it must in a governed environment; it names no environment."]},
	"a policy that knows none": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "tests_not_removed"}}}, "violations": ["The exception is out of bounds: it lasts too long; the policy knows no exceptions."], "requirements": ["exception-approval 2"]},
	"the decision itself": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "decision"}}}, "violations": ["The exception is out of bounds: it lasts too long; the policy knows no exceptions."], "requirements": ["exception-approval 2"]},
	"as long as it may": {"on": "on_exception", "patch": {"policy_update": {"exception": {"expires_at": "2026-11-23T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"a moment longer": {"on": "on_exception", "patch": {"policy_update": {"exception": {"expires_at": "2026-11-23T00:00:00.000000001Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"ends a nanosecond after it starts": {"on": "on_exception", "patch": {"policy_update": {"exception": {"expires_at": "2026-11-21T00:00:00.000000001Z"}}}, "requirements": ["exception-approval 2"]},
	"ends as it starts": {"on": "on_exception", "patch": {"policy_update": {"exception": {"expires_at": "2026-11-21T00:00:00Z"}}}, "violations": ["The exception is out of bounds: its times cannot be read, or it ends before it starts."], "requirements": ["exception-approval 2"]},
	"no end": {"on": "on_exception", "patch": {"policy_update": {"exception": {"expires_at": null}}}, "violations": ["The exception is out of bounds: it lasts too long; its times cannot be read, or it ends before it starts."], "requirements": ["exception-approval 2"]},
	"no start": {"on": "on_exception", "patch": {"policy_update": {"exception": {"starts_at": "now"}}}, "violations": ["The exception is out of bounds: it lasts too long; its times cannot be read, or it ends before it starts."], "requirements": ["exception-approval 2"]},
	"twenty characters of reason": {"on": "on_exception", "patch": {"policy_update": {"exception": {"reason": "12345678901234567890"}}}, "requirements": ["exception-approval 2"]},
	"nineteen characters of reason": {"on": "on_exception", "patch": {"policy_update": {"exception": {"reason": " 1234567890123456789 "}}}, "violations": ["The exception is out of bounds: its reason is too short."], "requirements": ["exception-approval 2"]},
	"no reason": {"on": "on_exception", "patch": {"policy_update": {"exception": {"reason": null}}}, "violations": ["The exception is out of bounds: its reason is too short."], "requirements": ["exception-approval 2"]},
	"nobody asked": {"on": "on_exception", "patch": {"policy_update": {"exception": {"requested_by": null}}}, "violations": ["The exception is out of bounds: it does not say who asked for it."], "requirements": ["exception-approval 2"]},
	"nothing is told": {"on": "on_exception", "patch": {"policy_update": {"exception": null}}, "violations": ["The exception cannot be told."]},
	"agent_limits for 14 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "agent_limits", "expires_at": "2026-12-05T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"agent_limits for 14 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "agent_limits", "expires_at": "2026-12-05T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"cost_caps for 30 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "cost_caps", "expires_at": "2026-12-21T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"cost_caps for 30 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "cost_caps", "expires_at": "2026-12-21T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"data_access_gate for 7 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "data_access_gate", "expires_at": "2026-11-28T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"data_access_gate for 7 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "data_access_gate", "expires_at": "2026-11-28T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"egress for 14 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "egress", "expires_at": "2026-12-05T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"egress for 14 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "egress", "expires_at": "2026-12-05T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"external_write_gate for 7 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "external_write_gate", "expires_at": "2026-11-28T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"external_write_gate for 7 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "external_write_gate", "expires_at": "2026-11-28T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"freeze for 2 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "freeze", "expires_at": "2026-11-23T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"freeze for 2 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "freeze", "expires_at": "2026-11-23T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"memory_retention for 30 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "memory_retention", "expires_at": "2026-12-21T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"memory_retention for 30 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "memory_retention", "expires_at": "2026-12-21T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"model_allowlist for 30 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "model_allowlist", "expires_at": "2026-12-21T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"model_allowlist for 30 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "model_allowlist", "expires_at": "2026-12-21T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"ownership_metadata for 90 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "ownership_metadata", "expires_at": "2027-02-19T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"ownership_metadata for 90 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "ownership_metadata", "expires_at": "2027-02-19T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"promotion_evidence for 7 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "promotion_evidence", "expires_at": "2026-11-28T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"promotion_evidence for 7 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "promotion_evidence", "expires_at": "2026-11-28T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"remediation_blast_radius for 2 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "remediation_blast_radius", "expires_at": "2026-11-23T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"remediation_blast_radius for 2 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "remediation_blast_radius", "expires_at": "2026-11-23T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"required_limits for 30 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "required_limits", "expires_at": "2026-12-21T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"required_limits for 30 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "required_limits", "expires_at": "2026-12-21T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
	"tool_allowlist for 30 days": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "tool_allowlist", "expires_at": "2026-12-21T00:00:00Z"}}}, "requirements": ["exception-approval 2"]},
	"tool_allowlist for 30 days and a second": {"on": "on_exception", "patch": {"policy_update": {"exception": {"policy_id": "tool_allowlist", "expires_at": "2026-12-21T00:00:01Z"}}}, "violations": ["The exception is out of bounds: it lasts too long."], "requirements": ["exception-approval 2"]},
}

test_each_case_is_answered_as_wanted if sample.wrong("exception_bounds", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("exception_bounds") == set()

test_owners_approve if {
	said := gatehouse.decision with input as sample.on_exception
	{[requirement.roles, requirement.reason] | some requirement in said.requirements} == {[["owner"], "An exception from freeze in production needs the approval of 2 owner(s)."]}
}
