package gatehouse_test.cost_caps

import data.gatehouse_test.sample

with_model(part) := object.union({"agent": {"definition": {"anatomy": {"llm": sample.llm}, "limits": sample.budget}, "spend": {"day": 0, "month": 0}}}, part)

limited(part) := with_model({"agent": {"definition": {"limits": part}}})

spending(part) := with_model({"agent": {"spend": part}})

cases := {
	"costs without a model": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"limits": {"max_cost_per_day": 9999}}}}},
	"the spend is text": {"on": "before_execute", "patch": spending({"day": "lots"}), "violations": ["What the agent spent this day cannot be told."]},
	"no model costs nothing": {"on": "on_create_attempt"},
	"a null model costs nothing": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": null}}}}},
	"a model with a budget": {"on": "on_create_attempt", "patch": with_model({})},
	"a model without a budget": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": sample.llm}}}}, "violations": ["The agent uses a model, but max_cost_per_request is missing, or is no number from zero up.", "The agent uses a model, but max_cost_per_day is missing, or is no number from zero up.", "The agent uses a model, but max_cost_per_month is missing, or is no number from zero up."]},
	"a model that is no object has no budget": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": "gpt"}}}}, "violations": ["The agent uses a model, but max_cost_per_request is missing, or is no number from zero up.", "The agent uses a model, but max_cost_per_day is missing, or is no number from zero up.", "The agent uses a model, but max_cost_per_month is missing, or is no number from zero up."]},
	"max_cost_per_request is text": {"on": "on_create_attempt", "patch": limited({"max_cost_per_request": "little"}), "violations": ["The agent uses a model, but max_cost_per_request is missing, or is no number from zero up."]},
	"max_cost_per_request is negative": {"on": "on_create_attempt", "patch": limited({"max_cost_per_request": -0.01}), "violations": ["The agent uses a model, but max_cost_per_request is missing, or is no number from zero up."]},
	"max_cost_per_request is zero": {"on": "on_create_attempt", "patch": limited({"max_cost_per_request": 0})},
	"max_cost_per_request is at the cap": {"on": "on_create_attempt", "patch": limited({"max_cost_per_request": 5})},
	"max_cost_per_request is above the cap": {"on": "on_create_attempt", "patch": limited({"max_cost_per_request": 5.01}), "violations": ["max_cost_per_request is 5.01 USD; at most 5 USD is allowed."]},
	"max_cost_per_request is above the project's": {"on": "on_create_attempt", "patch": object.union(limited({"max_cost_per_request": 0.6}), {"settings": {"max_cost_per_request": 0.5}}), "violations": ["max_cost_per_request is 0.6 USD; at most 0.5 USD is allowed."]},
	"max_cost_per_day is text": {"on": "on_create_attempt", "patch": limited({"max_cost_per_day": "little"}), "violations": ["The agent uses a model, but max_cost_per_day is missing, or is no number from zero up."]},
	"max_cost_per_day is negative": {"on": "on_create_attempt", "patch": limited({"max_cost_per_day": -0.01}), "violations": ["The agent uses a model, but max_cost_per_day is missing, or is no number from zero up."]},
	"max_cost_per_day is zero": {"on": "on_create_attempt", "patch": limited({"max_cost_per_day": 0})},
	"max_cost_per_day is at the cap": {"on": "on_create_attempt", "patch": limited({"max_cost_per_day": 100})},
	"max_cost_per_day is above the cap": {"on": "on_create_attempt", "patch": limited({"max_cost_per_day": 100.01}), "violations": ["max_cost_per_day is 100.01 USD; at most 100 USD is allowed."]},
	"max_cost_per_day is above the project's": {"on": "on_create_attempt", "patch": object.union(limited({"max_cost_per_day": 0.6}), {"settings": {"max_cost_per_day": 0.5}}), "violations": ["max_cost_per_day is 0.6 USD; at most 0.5 USD is allowed."]},
	"max_cost_per_month is text": {"on": "on_create_attempt", "patch": limited({"max_cost_per_month": "little"}), "violations": ["The agent uses a model, but max_cost_per_month is missing, or is no number from zero up."]},
	"max_cost_per_month is negative": {"on": "on_create_attempt", "patch": limited({"max_cost_per_month": -0.01}), "violations": ["The agent uses a model, but max_cost_per_month is missing, or is no number from zero up."]},
	"max_cost_per_month is zero": {"on": "on_create_attempt", "patch": limited({"max_cost_per_month": 0})},
	"max_cost_per_month is at the cap": {"on": "on_create_attempt", "patch": limited({"max_cost_per_month": 1000})},
	"max_cost_per_month is above the cap": {"on": "on_create_attempt", "patch": limited({"max_cost_per_month": 1000.01}), "violations": ["max_cost_per_month is 1000.01 USD; at most 1000 USD is allowed."]},
	"max_cost_per_month is above the project's": {"on": "on_create_attempt", "patch": object.union(limited({"max_cost_per_month": 0.6}), {"settings": {"max_cost_per_month": 0.5}}), "violations": ["max_cost_per_month is 0.6 USD; at most 0.5 USD is allowed."]},
	"the day has a cent left": {"on": "before_execute", "patch": spending({"day": 9.99})},
	"the day is spent": {"on": "before_execute", "patch": spending({"day": 10}), "violations": ["The agent spent 10 USD this day; 10 USD are allowed."]},
	"the day's spend is missing": {"on": "before_execute", "patch": with_model({"agent": {"spend": {"day": null}}}), "violations": ["What the agent spent this day cannot be told."]},
	"the day's spend is negative": {"on": "before_execute", "patch": spending({"day": -1}), "violations": ["What the agent spent this day cannot be told."]},
	"the project's day is spent": {"on": "before_execute", "patch": object.union(spending({"day": 2}), {"settings": {"max_cost_per_day": 2}}), "violations": ["max_cost_per_day is 10 USD; at most 2 USD is allowed.", "The agent spent 2 USD this day; 2 USD are allowed."]},
	"the month has a cent left": {"on": "before_execute", "patch": spending({"month": 99.99})},
	"the month is spent": {"on": "before_execute", "patch": spending({"month": 100}), "violations": ["The agent spent 100 USD this month; 100 USD are allowed."]},
	"the month's spend is missing": {"on": "before_execute", "patch": with_model({"agent": {"spend": {"month": null}}}), "violations": ["What the agent spent this month cannot be told."]},
	"the month's spend is negative": {"on": "before_execute", "patch": spending({"month": -1}), "violations": ["What the agent spent this month cannot be told."]},
	"the project's month is spent": {"on": "before_execute", "patch": object.union(spending({"month": 2}), {"settings": {"max_cost_per_month": 2}}), "violations": ["max_cost_per_month is 100 USD; at most 2 USD is allowed.", "The agent spent 2 USD this month; 2 USD are allowed."]},
	"nothing is known of the spend": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"llm": sample.llm}, "limits": sample.budget}}}, "violations": ["What the agent spent this day cannot be told.", "What the agent spent this month cannot be told."]},
	"spend does not matter before a run": {"on": "on_create_attempt", "patch": spending({"day": 99999})},
	"an agent without a model has no spend": {"on": "before_execute"},
}

test_each_case_is_answered_as_wanted if sample.wrong("cost_caps", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("cost_caps") == set()
