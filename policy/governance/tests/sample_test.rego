# Inputs that the tests start from: all in order, nothing to object to.
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
		"identity": {"name": "renamer"},
		"anatomy": {"capabilities": {"allowed_paths": ["src/**", "test/**"]}},
		"trigger": {"type": "manual"},
		"limits": {
			"max_requests_per_day": 10,
			"max_execution_time_seconds": 300,
			"max_retries": 2,
			"max_changed_files": 3,
			"max_diff_bytes": 1000,
			"expires_at": null,
		},
		"policies": {"baseline": [], "overrides": []},
	},
}

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
}

base := {
	"at": "2026-11-21T15:04:05.000Z",
	"project": project,
	"environment": "production",
	"actor": person,
	"repository": repository,
	"task": task,
	"agent": agent,
	"proposal": null,
	"validation": null,
	"effect": null,
	"settings": {},
}

before_execute := object.union(base, {"hook": "before_execute"})

after_execute := object.union(base, {"hook": "after_execute", "proposal": proposal})

before_effect := object.union(base, {
	"hook": "before_effect",
	"proposal": proposal,
	"validation": validation,
	"effect": {"kind": "merge", "target_branch": "main"},
})

changing(paths) := object.union(before_effect, {"proposal": object.union(proposal, {"files": [file(path) | some path in paths]})})

# The messages of a decision, without where they come from.
messages(findings) := {finding.message | some finding in findings}
