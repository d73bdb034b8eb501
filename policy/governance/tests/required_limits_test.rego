package gatehouse_test.required_limits

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"all limits are there": {"on": "on_create_attempt"},
	"max_requests_per_day is missing": {"on": "on_create_attempt", "without": ["/agent/definition/limits/max_requests_per_day"], "violations": ["The limit max_requests_per_day is missing, or is no number from zero up."]},
	"max_requests_per_day is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_requests_per_day": "many"}}}}, "violations": ["The limit max_requests_per_day is missing, or is no number from zero up."]},
	"max_requests_per_day is negative": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_requests_per_day": -1}}}}, "violations": ["The limit max_requests_per_day is missing, or is no number from zero up."]},
	"max_requests_per_day is null": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_requests_per_day": null}}}}, "violations": ["The limit max_requests_per_day is missing, or is no number from zero up."]},
	"max_requests_per_day is zero": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_requests_per_day": 0}}}}},
	"max_requests_per_day is at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_requests_per_day": 1000}}}}},
	"max_requests_per_day is one above the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_requests_per_day": 1001}}}}, "violations": ["The limit max_requests_per_day is 1001; at most 1000 is allowed."]},
	"max_requests_per_day is above the project's": {"on": "on_create_attempt", "patch": {"settings": {"max_requests_per_day": 1}, "agent": {"definition": {"limits": {"max_requests_per_day": 2}}}}, "violations": ["The limit max_requests_per_day is 2; at most 1 is allowed."]},
	"max_requests_per_day is not lifted by the project": {"on": "on_create_attempt", "patch": {"settings": {"max_requests_per_day": 999999999}, "agent": {"definition": {"limits": {"max_requests_per_day": 1001}}}}, "violations": ["The limit max_requests_per_day is 1001; at most 1000 is allowed."]},
	"max_execution_time_seconds is missing": {"on": "on_create_attempt", "without": ["/agent/definition/limits/max_execution_time_seconds"], "violations": ["The limit max_execution_time_seconds is missing, or is no number from zero up."]},
	"max_execution_time_seconds is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_execution_time_seconds": "many"}}}}, "violations": ["The limit max_execution_time_seconds is missing, or is no number from zero up."]},
	"max_execution_time_seconds is negative": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_execution_time_seconds": -1}}}}, "violations": ["The limit max_execution_time_seconds is missing, or is no number from zero up."]},
	"max_execution_time_seconds is null": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_execution_time_seconds": null}}}}, "violations": ["The limit max_execution_time_seconds is missing, or is no number from zero up."]},
	"max_execution_time_seconds is zero": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_execution_time_seconds": 0}}}}},
	"max_execution_time_seconds is at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_execution_time_seconds": 3600}}}}},
	"max_execution_time_seconds is one above the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_execution_time_seconds": 3601}}}}, "violations": ["The limit max_execution_time_seconds is 3601; at most 3600 is allowed."]},
	"max_execution_time_seconds is above the project's": {"on": "on_create_attempt", "patch": {"settings": {"max_execution_time_seconds": 1}, "agent": {"definition": {"limits": {"max_execution_time_seconds": 2}}}}, "violations": ["The limit max_execution_time_seconds is 2; at most 1 is allowed."]},
	"max_execution_time_seconds is not lifted by the project": {"on": "on_create_attempt", "patch": {"settings": {"max_execution_time_seconds": 999999999}, "agent": {"definition": {"limits": {"max_execution_time_seconds": 3601}}}}, "violations": ["The limit max_execution_time_seconds is 3601; at most 3600 is allowed."]},
	"max_retries is missing": {"on": "on_create_attempt", "without": ["/agent/definition/limits/max_retries"], "violations": ["The limit max_retries is missing, or is no number from zero up."]},
	"max_retries is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_retries": "many"}}}}, "violations": ["The limit max_retries is missing, or is no number from zero up."]},
	"max_retries is negative": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_retries": -1}}}}, "violations": ["The limit max_retries is missing, or is no number from zero up."]},
	"max_retries is null": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_retries": null}}}}, "violations": ["The limit max_retries is missing, or is no number from zero up."]},
	"max_retries is zero": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_retries": 0}}}}},
	"max_retries is at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_retries": 10}}}}},
	"max_retries is one above the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_retries": 11}}}}, "violations": ["The limit max_retries is 11; at most 10 is allowed."]},
	"max_retries is above the project's": {"on": "on_create_attempt", "patch": {"settings": {"max_retries": 1}, "agent": {"definition": {"limits": {"max_retries": 2}}}}, "violations": ["The limit max_retries is 2; at most 1 is allowed."]},
	"max_retries is not lifted by the project": {"on": "on_create_attempt", "patch": {"settings": {"max_retries": 999999999}, "agent": {"definition": {"limits": {"max_retries": 11}}}}, "violations": ["The limit max_retries is 11; at most 10 is allowed."]},
	"max_changed_files is missing": {"on": "on_create_attempt", "without": ["/agent/definition/limits/max_changed_files"], "violations": ["The limit max_changed_files is missing, or is no number from zero up."]},
	"max_changed_files is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_changed_files": "many"}}}}, "violations": ["The limit max_changed_files is missing, or is no number from zero up."]},
	"max_changed_files is negative": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_changed_files": -1}}}}, "violations": ["The limit max_changed_files is missing, or is no number from zero up."]},
	"max_changed_files is null": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_changed_files": null}}}}, "violations": ["The limit max_changed_files is missing, or is no number from zero up."]},
	"max_changed_files is zero": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_changed_files": 0}}}}},
	"max_changed_files is at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_changed_files": 500}}}}},
	"max_changed_files is one above the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_changed_files": 501}}}}, "violations": ["The limit max_changed_files is 501; at most 500 is allowed."]},
	"max_changed_files is above the project's": {"on": "on_create_attempt", "patch": {"settings": {"max_changed_files": 1}, "agent": {"definition": {"limits": {"max_changed_files": 2}}}}, "violations": ["The limit max_changed_files is 2; at most 1 is allowed."]},
	"max_changed_files is not lifted by the project": {"on": "on_create_attempt", "patch": {"settings": {"max_changed_files": 999999999}, "agent": {"definition": {"limits": {"max_changed_files": 501}}}}, "violations": ["The limit max_changed_files is 501; at most 500 is allowed."]},
	"max_diff_bytes is missing": {"on": "on_create_attempt", "without": ["/agent/definition/limits/max_diff_bytes"], "violations": ["The limit max_diff_bytes is missing, or is no number from zero up."]},
	"max_diff_bytes is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_diff_bytes": "many"}}}}, "violations": ["The limit max_diff_bytes is missing, or is no number from zero up."]},
	"max_diff_bytes is negative": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_diff_bytes": -1}}}}, "violations": ["The limit max_diff_bytes is missing, or is no number from zero up."]},
	"max_diff_bytes is null": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_diff_bytes": null}}}}, "violations": ["The limit max_diff_bytes is missing, or is no number from zero up."]},
	"max_diff_bytes is zero": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_diff_bytes": 0}}}}},
	"max_diff_bytes is at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_diff_bytes": 5000000}}}}},
	"max_diff_bytes is one above the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_diff_bytes": 5000001}}}}, "violations": ["The limit max_diff_bytes is 5000001; at most 5000000 is allowed."]},
	"max_diff_bytes is above the project's": {"on": "on_create_attempt", "patch": {"settings": {"max_diff_bytes": 1}, "agent": {"definition": {"limits": {"max_diff_bytes": 2}}}}, "violations": ["The limit max_diff_bytes is 2; at most 1 is allowed."]},
	"max_diff_bytes is not lifted by the project": {"on": "on_create_attempt", "patch": {"settings": {"max_diff_bytes": 999999999}, "agent": {"definition": {"limits": {"max_diff_bytes": 5000001}}}}, "violations": ["The limit max_diff_bytes is 5000001; at most 5000000 is allowed."]},
	"there are no limits": {"on": "on_create_attempt", "without": ["/agent/definition/limits"], "violations": ["The limit max_requests_per_day is missing, or is no number from zero up.", "The limit max_execution_time_seconds is missing, or is no number from zero up.", "The limit max_retries is missing, or is no number from zero up.", "The limit max_changed_files is missing, or is no number from zero up.", "The limit max_diff_bytes is missing, or is no number from zero up."]},
	"there is no definition": {"on": "on_create_attempt", "without": ["/agent/definition"], "violations": ["The limit max_requests_per_day is missing, or is no number from zero up.", "The limit max_execution_time_seconds is missing, or is no number from zero up.", "The limit max_retries is missing, or is no number from zero up.", "The limit max_changed_files is missing, or is no number from zero up.", "The limit max_diff_bytes is missing, or is no number from zero up."]},
	"there is no agent": {"on": "on_create_attempt", "patch": {"agent": null}, "violations": ["The limit max_requests_per_day is missing, or is no number from zero up.", "The limit max_execution_time_seconds is missing, or is no number from zero up.", "The limit max_retries is missing, or is no number from zero up.", "The limit max_changed_files is missing, or is no number from zero up.", "The limit max_diff_bytes is missing, or is no number from zero up."]},
	"the end is no time": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": "soon"}}}}, "violations": ["The agent's end cannot be told: expires_at must be null or an RFC 3339 time."]},
	"the end is a number": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": 7}}}}, "violations": ["The agent's end cannot be told: expires_at must be null or an RFC 3339 time."]},
	"a governed agent's end is missing": {"on": "on_promotion_attempt", "without": ["/agent/definition/limits/expires_at"], "violations": ["The agent never expires; in production it must within 366 days."]},
	"a governed agent never expires": {"on": "on_promotion_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": null}}}}, "violations": ["The agent never expires; in production it must within 366 days."]},
	"a governed agent expires at the last moment": {"on": "on_promotion_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": "2027-11-22T15:04:05.000Z"}}}}},
	"a governed agent expires a moment too late": {"on": "on_promotion_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": "2027-11-22T15:04:05.000000001Z"}}}}, "violations": ["The agent expires at 2027-11-22T15:04:05.000000001Z, more than 366 days from now."]},
	"the agent expired this moment": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": "2026-11-21T15:04:05Z"}}}}, "violations": ["The agent expired at 2026-11-21T15:04:05Z."]},
	"the agent expires the next moment": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": "2026-11-21T15:04:05.000000001Z"}}}}},
	"a sandbox agent expires late": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"expires_at": "2099-01-01T00:00:00Z"}}}}},
	"an unknown environment is governed": {"on": "on_create_attempt", "patch": {"environment": "moon"}, "violations": ["The agent never expires; in moon it must within 366 days."]},
}

test_each_case_is_answered_as_wanted if sample.wrong("required_limits", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("required_limits") == set()

test_the_strict_preset_lowers_limits if {
	doc := sample.document({"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_requests_per_day": 201}}}}})
	said := gatehouse.decision with input as doc with data.governance.preset as "strict"
	sample.messages(said.violations) == {"The limit max_requests_per_day is 201; at most 200 is allowed."}
}
