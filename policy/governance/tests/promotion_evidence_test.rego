package gatehouse_test.promotion_evidence

import data.gatehouse
import data.gatehouse_test.sample

cases := {
	"all is shown": {"on": "on_promotion_attempt", "requirements": ["promotion-approval 2"]},
	"down the ladder": {"on": "on_promotion_attempt", "patch": {"environment": "sandbox", "promotion": {"from": "production", "to": "sandbox", "evidence": {"environment": "production"}}}, "violations": ["From production to sandbox is not one step up the ladder sandbox, production."], "requirements": ["promotion-approval 1"]},
	"onto the same rung": {"on": "on_promotion_attempt", "patch": {"promotion": {"from": "production", "evidence": {"environment": "production"}}}, "violations": ["From production to production is not one step up the ladder sandbox, production."], "requirements": ["promotion-approval 2"]},
	"from nowhere": {"on": "on_promotion_attempt", "without": ["/promotion/from"], "violations": ["From nowhere to production is not one step up the ladder sandbox, production.", "The promotion has no evidence that counts: it is from another environment than the one promoted from."], "requirements": ["promotion-approval 2"]},
	"to nowhere": {"on": "on_promotion_attempt", "without": ["/promotion/to"], "violations": ["From sandbox to nowhere is not one step up the ladder sandbox, production.", "The input's environment is not the one that is promoted to."], "requirements": ["promotion-approval 2"]},
	"to where nobody knows": {"on": "on_promotion_attempt", "patch": {"environment": "moon", "promotion": {"to": "moon"}}, "violations": ["From sandbox to moon is not one step up the ladder sandbox, production."], "requirements": ["promotion-approval 2"]},
	"over a rung": {"on": "on_promotion_attempt", "patch": {"settings": {"environments": ["sandbox", "staging", "production"]}}, "violations": ["From sandbox to production is not one step up the ladder sandbox, staging, production."], "requirements": ["promotion-approval 2"]},
	"onto a rung of the project": {"on": "on_promotion_attempt", "patch": {"environment": "staging", "promotion": {"to": "staging"}, "settings": {"environments": ["sandbox", "staging", "production"]}}, "requirements": ["promotion-approval 2"]},
	"from a rung of the project": {"on": "on_promotion_attempt", "patch": {"promotion": {"from": "staging", "evidence": {"environment": "staging"}}, "settings": {"environments": ["sandbox", "staging", "production"]}}, "requirements": ["promotion-approval 2"]},
	"a ladder with another first rung": {"on": "on_promotion_attempt", "patch": {"settings": {"environments": ["draft", "production"]}}, "violations": ["The project's environments are no ladder: they must begin and end as the bundle's do, each named once."], "requirements": ["promotion-approval 2"]},
	"a ladder with another last rung": {"on": "on_promotion_attempt", "patch": {"settings": {"environments": ["sandbox", "staging"]}}, "violations": ["The project's environments are no ladder: they must begin and end as the bundle's do, each named once."], "requirements": ["promotion-approval 2"]},
	"a ladder with a rung twice": {"on": "on_promotion_attempt", "patch": {"settings": {"environments": ["sandbox", "sandbox", "production"]}}, "violations": ["The project's environments are no ladder: they must begin and end as the bundle's do, each named once."], "requirements": ["promotion-approval 2"]},
	"a ladder that is text": {"on": "on_promotion_attempt", "patch": {"settings": {"environments": "sandbox"}}, "violations": ["The project's environments are no ladder: they must begin and end as the bundle's do, each named once."], "requirements": ["promotion-approval 2"]},
	"a ladder with a number": {"on": "on_promotion_attempt", "patch": {"settings": {"environments": ["sandbox", 7, "production"]}}, "violations": ["The project's environments are no ladder: they must begin and end as the bundle's do, each named once."], "requirements": ["promotion-approval 2"]},
	"an empty ladder": {"on": "on_promotion_attempt", "patch": {"settings": {"environments": []}}, "violations": ["The project's environments are no ladder: they must begin and end as the bundle's do, each named once."], "requirements": ["promotion-approval 2"]},
	"another environment in the input": {"on": "on_promotion_attempt", "patch": {"environment": "staging"}, "violations": ["The input's environment is not the one that is promoted to."], "requirements": ["promotion-approval 2"]},
	"a draft": {"on": "on_promotion_attempt", "patch": {"agent": {"lifecycle": {"state": "draft"}}}, "violations": ["The agent is not in a state to be promoted: it must be sandbox or governed."], "requirements": ["promotion-approval 2"]},
	"a disabled agent": {"on": "on_promotion_attempt", "patch": {"agent": {"lifecycle": {"state": "disabled"}}}, "violations": ["The agent is not in a state to be promoted: it must be sandbox or governed."], "requirements": ["promotion-approval 2"]},
	"an agent without state": {"on": "on_promotion_attempt", "without": ["/agent/lifecycle"], "violations": ["The agent is not in a state to be promoted: it must be sandbox or governed."], "requirements": ["promotion-approval 2"]},
	"a governed agent": {"on": "on_promotion_attempt", "patch": {"agent": {"lifecycle": {"state": "governed"}}}, "requirements": ["promotion-approval 2"]},
	"another version than the agent's": {"on": "on_promotion_attempt", "patch": {"agent": {"version": "1111"}}, "violations": ["The promotion is of another version than the agent that is described."], "requirements": ["promotion-approval 2"]},
	"an agent without version": {"on": "on_promotion_attempt", "without": ["/agent/version"], "violations": ["The promotion is of another version than the agent that is described."], "requirements": ["promotion-approval 2"]},
	"no evidence": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": null}}, "violations": ["The promotion has no evidence that counts: fewer than 1 test(s) ran; it is from another environment than the one promoted from; it is not from the last 604800 s; it is of another version; its tests did not pass; none is there; the host did not measure it."], "requirements": ["promotion-approval 2"]},
	"no promotion": {"on": "on_promotion_attempt", "without": ["/promotion"], "violations": ["From nowhere to nowhere is not one step up the ladder sandbox, production.", "The input's environment is not the one that is promoted to.", "The promotion is of another version than the agent that is described.", "The promotion has no evidence that counts: fewer than 1 test(s) ran; it is from another environment than the one promoted from; it is not from the last 604800 s; it is of another version; its tests did not pass; none is there; the host did not measure it."], "requirements": ["promotion-approval 2"]},
	"evidence of another version": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"agent_version": "1111"}}}, "violations": ["The promotion has no evidence that counts: it is of another version."], "requirements": ["promotion-approval 2"]},
	"evidence from elsewhere": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"environment": "production"}}}, "violations": ["The promotion has no evidence that counts: it is from another environment than the one promoted from."], "requirements": ["promotion-approval 2"]},
	"failed tests": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"verdict": "failed"}}}, "violations": ["The promotion has no evidence that counts: its tests did not pass."], "requirements": ["promotion-approval 2"]},
	"errored tests": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"verdict": "errored"}}}, "violations": ["The promotion has no evidence that counts: its tests did not pass."], "requirements": ["promotion-approval 2"]},
	"one failed test in a pass": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"tests_failed": 1}}}, "violations": ["The promotion has no evidence that counts: its tests did not pass."], "requirements": ["promotion-approval 2"]},
	"failed tests are not told": {"on": "on_promotion_attempt", "without": ["/promotion/evidence/tests_failed"], "violations": ["The promotion has no evidence that counts: its tests did not pass."], "requirements": ["promotion-approval 2"]},
	"one test": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"tests_total": 1}}}, "requirements": ["promotion-approval 2"]},
	"no test": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"tests_total": 0}}}, "violations": ["The promotion has no evidence that counts: fewer than 1 test(s) ran."], "requirements": ["promotion-approval 2"]},
	"tests in words": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"tests_total": "many"}}}, "violations": ["The promotion has no evidence that counts: fewer than 1 test(s) ran."], "requirements": ["promotion-approval 2"]},
	"what the code said itself": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"source": "candidate_reported"}}}, "violations": ["The promotion has no evidence that counts: the host did not measure it."], "requirements": ["promotion-approval 2"]},
	"evidence at its last moment": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"finished_at": "2026-11-14T15:04:05Z"}}}, "requirements": ["promotion-approval 2"]},
	"evidence a moment too old": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"finished_at": "2026-11-14T15:04:04.999999999Z"}}}, "violations": ["The promotion has no evidence that counts: it is not from the last 604800 s."], "requirements": ["promotion-approval 2"]},
	"evidence of this moment": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"finished_at": "2026-11-21T15:04:05Z"}}}, "requirements": ["promotion-approval 2"]},
	"evidence from the future": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"finished_at": "2026-11-21T15:04:05.000000001Z"}}}, "violations": ["The promotion has no evidence that counts: it is not from the last 604800 s."], "requirements": ["promotion-approval 2"]},
	"evidence without time": {"on": "on_promotion_attempt", "patch": {"promotion": {"evidence": {"finished_at": null}}}, "violations": ["The promotion has no evidence that counts: it is not from the last 604800 s."], "requirements": ["promotion-approval 2"]},
	"the project asks for more": {"on": "on_promotion_attempt", "patch": {"settings": {"promotion_approvals": 3}}, "requirements": ["promotion-approval 3"]},
	"the project cannot ask for less": {"on": "on_promotion_attempt", "patch": {"settings": {"promotion_approvals": 1}}, "requirements": ["promotion-approval 2"]},
}

test_each_case_is_answered_as_wanted if sample.wrong("promotion_evidence", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("promotion_evidence") == set()

test_maintainers_or_owners_approve if {
	said := gatehouse.decision with input as sample.on_promotion_attempt
	{[requirement.roles, requirement.reason] | some requirement in said.requirements} == {[["maintainer", "owner"], "A promotion into a governed environment needs 2 approval(s)."]}
}
