package gatehouse_test.memory_retention

import data.gatehouse_test.sample

cases := {
	"no memory": {"on": "on_create_attempt"},
	"null memory": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": null}}}}},
	"stateless": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "stateless"}}}}}},
	"stateless that keeps nothing": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "stateless", "retention_days": 0}}}}}},
	"stateless that keeps": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "stateless", "retention_days": 1}}}}}, "violations": ["A stateless agent keeps nothing: retention_days must be 0 or left out."]},
	"no mode": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"scope": "user", "retention_days": 1}}}}}, "violations": ["The agent's memory mode is not one of stateless, session, persistent."]},
	"an unknown mode": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "eternal", "scope": "user", "retention_days": 1}}}}}, "violations": ["The agent's memory mode is not one of stateless, session, persistent."]},
	"memory that is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": "all"}}}}, "violations": ["The agent's memory mode is not one of stateless, session, persistent."]},
	"session for user at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "user", "retention_days": 1}}}}}},
	"session for user a day more": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "user", "retention_days": 2}}}}}, "violations": ["session memory of scope user is kept 2 days; at most 1 are allowed."]},
	"session for workspace at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "workspace", "retention_days": 1}}}}}},
	"session for workspace a day more": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "workspace", "retention_days": 2}}}}}, "violations": ["session memory of scope workspace is kept 2 days; at most 1 are allowed."]},
	"session for global at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "global", "retention_days": 0}}}}}},
	"session for global a day more": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "global", "retention_days": 1}}}}}, "violations": ["session memory of scope global is kept 1 days; at most 0 are allowed."]},
	"session without scope": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "retention_days": 0}}}}}, "violations": ["The agent's session memory needs a scope (user, workspace, global) and retention_days."]},
	"session of an unknown scope": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "world", "retention_days": 0}}}}}, "violations": ["The agent's session memory needs a scope (user, workspace, global) and retention_days."]},
	"session without days": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "user"}}}}}, "violations": ["The agent's session memory needs a scope (user, workspace, global) and retention_days."]},
	"session with negative days": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "user", "retention_days": -1}}}}}, "violations": ["The agent's session memory needs a scope (user, workspace, global) and retention_days."]},
	"session with days in words": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "session", "scope": "user", "retention_days": "1"}}}}}, "violations": ["The agent's session memory needs a scope (user, workspace, global) and retention_days."]},
	"persistent for user at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "user", "retention_days": 30}}}}}},
	"persistent for user a day more": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "user", "retention_days": 31}}}}}, "violations": ["persistent memory of scope user is kept 31 days; at most 30 are allowed."]},
	"persistent for workspace at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "workspace", "retention_days": 90}}}}}},
	"persistent for workspace a day more": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "workspace", "retention_days": 91}}}}}, "violations": ["persistent memory of scope workspace is kept 91 days; at most 90 are allowed."]},
	"persistent for global at the cap": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "global", "retention_days": 0}}}}}},
	"persistent for global a day more": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "global", "retention_days": 1}}}}}, "violations": ["persistent memory of scope global is kept 1 days; at most 0 are allowed."]},
	"persistent without scope": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "retention_days": 0}}}}}, "violations": ["The agent's persistent memory needs a scope (user, workspace, global) and retention_days."]},
	"persistent of an unknown scope": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "world", "retention_days": 0}}}}}, "violations": ["The agent's persistent memory needs a scope (user, workspace, global) and retention_days."]},
	"persistent without days": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "user"}}}}}, "violations": ["The agent's persistent memory needs a scope (user, workspace, global) and retention_days."]},
	"persistent with negative days": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "user", "retention_days": -1}}}}}, "violations": ["The agent's persistent memory needs a scope (user, workspace, global) and retention_days."]},
	"persistent with days in words": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"memory": {"mode": "persistent", "scope": "user", "retention_days": "1"}}}}}, "violations": ["The agent's persistent memory needs a scope (user, workspace, global) and retention_days."]},
}

test_each_case_is_answered_as_wanted if sample.wrong("memory_retention", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("memory_retention") == set()
