# Inputs that the tests start from: all in order, nothing to object to. And how a table of cases is run.
package gatehouse_test.sample

project := {"id": "prj_1", "name": "demo"}

person := {"kind": "person", "id": "act_1", "person_id": "per_author", "roles": ["developer"]}

repository := {"id": "rep_1", "name": "shop", "default_branch": "main"}

task := {"id": "tsk_1", "kind": "codemod", "risk": "low", "priority": "normal", "attempt": 1}

agent := {
	"id": "agt_1",
	"name": "renamer",
	"version": "0f3a",
	"lifecycle": {"state": "governed"},
	"owner_person_id": "per_owner",
	"runs_today": 0,
	"definition": {
		"identity": {
			"name": "renamer",
			"description": "Renames fields of a library.",
			"tags": ["codemod"],
			"role_class": "automator",
			"role_summary": "",
		},
		"anatomy": {
			"capabilities": {
				"tools": ["node"],
				"actions": ["propose"],
				"allow_external_write": false,
				"allow_data_access": false,
				"allowed_paths": ["src/**", "test/**"],
			},
			"constraints": [],
		},
		"trigger": {"type": "manual"},
		"limits": {
			"max_requests_per_day": 10,
			"max_execution_time_seconds": 300,
			"max_retries": 2,
			"max_changed_files": 3,
			"max_diff_bytes": 1000,
			"expires_at": null,
		},
		"policies": {"baseline": data.gatehouse.policies.field_locks.baseline, "overrides": []},
	},
}

llm := {
	"provider": "anthropic",
	"model": "claude-sonnet-4-5",
	"runtime": "opencode",
	"temperature": 0.5,
	"max_tokens": 4000,
	"top_p": 1,
}

budget := {"max_cost_per_request": 1, "max_cost_per_day": 10, "max_cost_per_month": 100}

file(path) := {
	"path": path,
	"status": "modified",
	"old_mode": "100644",
	"new_mode": "100644",
	"binary": false,
	"additions": 1,
	"deletions": 1,
}

proposal := {
	"id": "pro_1",
	"provenance": "observed",
	"files": [file("src/price.js")],
	"diff_bytes": 400,
	"authors": ["per_author"],
}

validation := {
	"id": "val_1",
	"verdict": "passed",
	"isolation_driver": "bubblewrap",
	"host_measured": {
		"commands": [{"name": "test", "exit_code": 0, "timed_out": false}],
		"test_files_deleted": [],
		"test_files_changed": [],
	},
	"candidate_reported": {
		"removed_tests": [],
		"newly_skipped_tests": [],
		"newly_failing_tests": [],
		"total": 12,
		"failed": 0,
	},
	"ticked_tasks": {"judged": [], "removed": [], "not_judged": null},
}

base := {
	"at": "2026-11-21T15:04:05.000Z",
	"project": project,
	"environment": "production",
	"actor": person,
	"repository": repository,
	"task": null,
	"agent": null,
	"proposal": null,
	"validation": null,
	"effect": null,
	"settings": {},
}

flow := object.union(base, {"task": task, "agent": agent})

before_execute := object.union(flow, {"hook": "before_execute"})

after_execute := object.union(flow, {"hook": "after_execute", "proposal": proposal})

before_effect := object.union(flow, {
	"hook": "before_effect",
	"proposal": proposal,
	"validation": validation,
	"effect": {"kind": "merge", "target_branch": "main"},
})

# The hooks of an agent's own life, in the sandbox.
admission := object.union(base, {
	"environment": "sandbox",
	"agent": object.union(agent, {"lifecycle": {"state": "draft"}}),
})

on_create_attempt := object.union(admission, {"hook": "on_create_attempt"})

on_review_open := object.union(admission, {"hook": "on_review_open"})

on_field_change := object.union(admission, {
	"hook": "on_field_change",
	"field_change": {"path": "/identity/description", "old_value": "Renames.", "new_value": "Renames fields."},
})

on_promotion_attempt := object.union(base, {
	"hook": "on_promotion_attempt",
	"agent": object.union(agent, {
		"lifecycle": {"state": "sandbox"},
		"definition": {"limits": {"expires_at": "2027-01-01T00:00:00Z"}},
	}),
	"promotion": {
		"id": "prm_1",
		"agent_version": "0f3a",
		"from": "sandbox",
		"to": "production",
		"requested_by": "per_author",
		"evidence": {
			"agent_version": "0f3a",
			"environment": "sandbox",
			"verdict": "passed",
			"source": "host_measured",
			"finished_at": "2026-11-20T15:04:05Z",
			"tests_total": 12,
			"tests_failed": 0,
		},
	},
})

on_policy_update := object.union(base, {
	"hook": "on_policy_update",
	"policy_update": {"kind": "bundle", "bundle": {
		"digest": "00",
		"revision": 8,
		"current_revision": 7,
		"signature_verified": true,
		"tests_total": 40,
		"tests_failed": 0,
		"replayed": 500,
		"unexplained_flips": 0,
	}},
})

exception := {
	"id": "exc_1",
	"policy_id": "freeze",
	"scope": {"environment": "production", "repository_id": "rep_1", "agent_id": null},
	"reason": "The fix of the incident itself must go out.",
	"requested_by": "per_author",
	"approved_by": ["per_owner", "per_other"],
	"starts_at": "2026-11-21T00:00:00Z",
	"expires_at": "2026-11-22T00:00:00Z",
}

on_exception := object.union(base, {
	"hook": "on_policy_update",
	"policy_update": {"kind": "exception", "exception": exception},
})

on_remediation_attempt := object.union(base, {
	"hook": "on_remediation_attempt",
	"environment": "sandbox",
	"remediation": {
		"id": "rem_1",
		"mode": "apply",
		"kind": "rebind",
		"reversible": true,
		"targets": [{"kind": "binding", "id": "bnd_1", "environment": "sandbox"}],
		"files": [],
		"applied_today": 0,
	},
})

by_hook := {
	"on_field_change": on_field_change,
	"on_review_open": on_review_open,
	"on_create_attempt": on_create_attempt,
	"on_promotion_attempt": on_promotion_attempt,
	"before_execute": before_execute,
	"after_execute": after_execute,
	"before_effect": before_effect,
	"on_policy_update": on_policy_update,
	"on_exception": on_exception,
	"on_remediation_attempt": on_remediation_attempt,
}

changing(paths) := object.union(before_effect, {"proposal": object.union(proposal, {"files": [file(path) | some path in paths]})})

# The messages of a decision, without where they come from.
messages(findings) := {finding.message | some finding in findings}

# The input of a case: the sample of its hook, less what it is `without` (JSON Pointers), and with its `patch`.
document(case) := object.union(json.remove(by_hook[case.on], object.get(case, "without", [])), object.get(case, "patch", {}))

# The cases of a table that a policy answers otherwise than they say, with what it answers. A case names its violations,
# its warnings (messages) and its requirements (id -> count); what it does not name must be empty.
wrong(id, cases) := {name: answers |
	some name, case in cases
	answers := [answer | answer := answered(id, document(case))]
	answers != [wanted(case)]
}

answered(id, doc) := {
	"violations": violations,
	"warnings": warnings,
	"requirements": requirements,
} if {
	violations := {item | some item in data.gatehouse.policies[id].violations} with input as doc
	warnings := {item | some item in data.gatehouse.policies[id].warnings} with input as doc
	requirements := {sprintf("%s %d", [item.id, item.count]) | some item in data.gatehouse.policies[id].requirements} with input as doc
}

wanted(case) := {part: {item | some item in object.get(case, part, [])} | some part in ["violations", "warnings", "requirements"]}

# The samples that a policy objects to, and should not.
objecting(id) := {name |
	some name, doc in by_hook
	said := data.gatehouse.decision.violations with input as doc
	id in {finding.policy_id | some finding in said}
}

# The ids of those that deny.
deniers(doc) := {finding.policy_id | some finding in said} if {
	said := data.gatehouse.decision.violations with input as doc
}
