package gatehouse_test.contract

import data.gatehouse.contract
import data.gatehouse_test.sample

# What the contract misses in each case.
cases := {
	"an empty document": {"doc": {}, "missing": [
		"The input names no hook that policy knows.",
		"The input's `at` is no RFC 3339 time.",
		"The input has no settings.",
		"The input names no environment.",
		"The input names no actor of a kind that policy knows.",
	]},
	"no hook": {"doc": object.remove(sample.before_execute, ["hook"]), "missing": ["The input names no hook that policy knows."]},
	"an unknown hook": {"doc": object.union(sample.before_execute, {"hook": "before_lunch"}), "missing": ["The input names no hook that policy knows."]},
	"no time": {"doc": object.remove(sample.before_execute, ["at"]), "missing": ["The input's `at` is no RFC 3339 time."]},
	"a time that is none": {"doc": object.union(sample.before_execute, {"at": "tomorrow"}), "missing": ["The input's `at` is no RFC 3339 time."]},
	"settings that are a list": {"doc": object.union(sample.before_execute, {"settings": []}), "missing": ["The input has no settings."]},
	"no environment": {"doc": object.remove(sample.before_execute, ["environment"]), "missing": ["The input names no environment."]},
	"an empty environment": {"doc": object.union(sample.before_execute, {"environment": ""}), "missing": ["The input names no environment."]},
	"an environment in a list": {"doc": object.union(sample.before_execute, {"environment": ["sandbox"]}), "missing": ["The input names no environment."]},
	"no actor": {"doc": object.remove(sample.before_execute, ["actor"]), "missing": ["The input names no actor of a kind that policy knows."]},
	"an actor of an unknown kind": {"doc": object.union(sample.before_execute, {"actor": {"kind": "ghost"}}), "missing": ["The input names no actor of a kind that policy knows."]},
	"a service": {"doc": object.union(sample.before_execute, {"actor": {"kind": "service"}}), "missing": []},
	"an agent that is described": {"doc": object.union(sample.after_execute, {"actor": {"kind": "agent"}}), "missing": []},
	"an agent that is not described": {
		"doc": object.union(sample.after_execute, {"agent": null, "actor": {"kind": "agent"}}),
		"missing": ["The actor is an agent that the input does not describe."],
	},
	"a person without agent": {"doc": object.union(sample.after_execute, {"agent": null}), "missing": []},
	"a member that is not known": {"doc": object.union(sample.before_execute, {"god": true}), "missing": ["The input has members that policy does not know: input.god."]},
	"members within that are not known": {
		"doc": object.union(sample.before_execute, {"settings": {"allow_all": true}, "agent": {"definition": {"anatomy": {"capabilities": {"root": true}}}}}),
		"missing": ["The input has members that policy does not know: input.agent.definition.anatomy.capabilities.root, input.settings.allow_all."],
	},
	"a list where an object belongs": {
		"doc": object.union(sample.before_execute, {"repository": ["shop"]}),
		"missing": ["The input has members that policy does not know: input.repository.0."],
	},
	"a limit of the project that is text": {
		"doc": object.union(sample.before_execute, {"settings": {"max_diff_bytes": "10"}}),
		"missing": ["The setting max_diff_bytes is no number from zero up."],
	},
	"a limit of the project under zero": {
		"doc": object.union(sample.before_execute, {"settings": {"max_cost_per_day": -1}}),
		"missing": ["The setting max_cost_per_day is no number from zero up."],
	},
	"a limit of the project that is zero": {"doc": object.union(sample.before_execute, {"settings": {"max_cost_per_day": 0}}), "missing": []},
	"an unknown risk": {"doc": object.union(sample.before_execute, {"task": {"risk": "none"}}), "missing": ["The task's risk is not one of low, medium, high, critical."]},
	"no task after execute": {"doc": object.union(sample.after_execute, {"task": null}), "missing": []},
	"files that are none": {
		"doc": object.union(sample.before_effect, {"proposal": {"files": "all"}}),
		"missing": ["The proposal does not say which files it changes."],
	},
	"no proposal": {"doc": object.union(sample.before_effect, {"proposal": null}), "missing": ["The input has no proposal, by which before_effect is decided."]},
	"files in an object": {"doc": object.union(sample.before_effect, {"proposal": {"files": {"a": {"path": "a"}}}}), "missing": ["The proposal does not say which files it changes."]},
	"a file with and a file without path": {"doc": object.union(sample.before_effect, {"proposal": {"files": [{"path": "a"}, {}]}}), "missing": ["The proposal does not say which files it changes."]},
	"a file without path": {
		"doc": object.union(sample.before_effect, {"proposal": {"files": [{}]}}),
		"missing": ["The proposal does not say which files it changes."],
	},
	"a diff without size": {
		"doc": object.union(sample.after_execute, {"proposal": {"diff_bytes": null}}),
		"missing": ["The proposal does not say which files it changes."],
	},
	"a diff of negative size": {
		"doc": object.union(sample.after_execute, {"proposal": {"diff_bytes": -1}}),
		"missing": ["The proposal does not say which files it changes."],
	},
	"a diff of no size": {"doc": object.union(sample.after_execute, {"proposal": {"diff_bytes": 0}}), "missing": []},
	"unknown provenance": {
		"doc": object.union(sample.before_effect, {"proposal": {"provenance": "heard"}}),
		"missing": ["The proposal's provenance is neither observed nor unobserved."],
	},
	"a proposal from outside": {"doc": object.union(sample.before_effect, {"proposal": {"provenance": "unobserved"}}), "missing": []},
	"no authors": {"doc": object.union(sample.before_effect, {"proposal": {"authors": null}}), "missing": ["The proposal names no authors."]},
	"no authors yet": {"doc": object.union(sample.after_execute, {"proposal": {"authors": null}}), "missing": []},
	"an unknown effect": {"doc": object.union(sample.before_effect, {"effect": {"kind": "erase"}}), "missing": ["The effect is none that policy knows."]},
	"an effect on no branch": {"doc": object.union(sample.before_effect, {"effect": {"target_branch": null}}), "missing": ["The effect is none that policy knows."]},
	"an agent without definition": {"doc": object.union(sample.after_execute, {"agent": {"definition": null}}), "missing": ["The agent has no definition."]},
	"an agent of an unknown state": {
		"doc": object.union(sample.after_execute, {"agent": {"lifecycle": {"state": "retired"}}}),
		"missing": ["The agent's lifecycle is not one of draft, sandbox, governed, disabled."],
	},
	"a draft": {"doc": object.union(sample.after_execute, {"agent": {"lifecycle": {"state": "draft"}}}), "missing": []},
	"a sandbox agent": {"doc": object.union(sample.after_execute, {"agent": {"lifecycle": {"state": "sandbox"}}}), "missing": []},
	"a disabled agent": {"doc": object.union(sample.after_execute, {"agent": {"lifecycle": {"state": "disabled"}}}), "missing": []},
}

missed(doc) := messages if {
	messages := contract.missing with input as doc
}

test_each_case_is_missed_as_it_says if {
	every case in cases {
		missed(case.doc) == {message | some message in case.missing}
	}
}

parts := {
	"on_field_change": ["agent", "field_change"],
	"on_review_open": ["agent"],
	"on_create_attempt": ["agent"],
	"on_promotion_attempt": ["agent", "promotion"],
	"before_execute": ["task"],
	"after_execute": ["proposal"],
	"before_effect": ["effect", "proposal"],
	"on_policy_update": ["policy_update"],
	"on_remediation_attempt": ["remediation"],
}

test_each_hook_needs_its_parts if {
	every hook, names in parts {
		every name in names {
			message := sprintf("The input has no %s, by which %s is decided.", [name, hook])
			message in missed(object.union(sample.by_hook[hook], {name: null}))
			message in missed(object.remove(sample.by_hook[hook], [name]))
			message in missed(object.union(object.remove(sample.by_hook[hook], [name]), {name: "text"}))
		}
	}
}

test_nothing_is_missed_in_the_samples if {
	every doc in sample.by_hook {
		missed(doc) == set()
	}
}

impossible := [
	"/etc/passwd",
	"a//b",
	"a/",
	"",
	".",
	"..",
	"./a",
	"../a",
	"src/../.github/x",
	"src/./a",
	"src/..",
	".git/hooks/pre-commit",
	"vendor/.GIT/config",
]

test_impossible_paths_are_denied if {
	every path in impossible {
		missed(sample.changing(["src/a.js", path])) == {sprintf("The proposal has paths that no git tree has: %s.", [path])}
	}
}

test_possible_paths_are_not if {
	missed(sample.changing(["...", ".a", "a..b", ".gitx/a", "a.git", "x/..y", ".github/a"])) == set()
}

test_an_unknown_preset_is_denied if {
	messages := contract.missing with input as sample.before_effect with data.governance.project_presets as {"demo": "loose"}
	messages == {"The project's preset loose is not one of the bundle's."}
}
