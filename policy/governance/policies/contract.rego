# METADATA
# scope: package
# title: What each hook must be told
# description: >-
#   A rule that reads what is not there is undefined and says nothing, and so does `not` with an expression that reads
#   it. So what is not there denies, and `not` is only said of rules.
package gatehouse.contract

missing contains "The input names no hook that policy knows." if not hook_is_known

missing contains "The input's `at` is no RFC 3339 time." if not time_is_told

missing contains "The input has no settings." if not settings_are_told

missing contains "The input names no actor." if not actor_is_told

missing contains "The task's risk is not one of low, medium, high, critical." if {
	has_task
	not risk_is_known
}

missing contains "The input has no task to execute." if {
	input.hook == "before_execute"
	not has_task
}

missing contains "The input has no proposal." if {
	needs_proposal
	not has_proposal
}

missing contains "The proposal does not say which files it changes." if {
	needs_proposal
	has_proposal
	not files_are_told
}

missing contains "The proposal's provenance is neither observed nor unobserved." if {
	needs_proposal
	has_proposal
	not provenance_is_known
}

missing contains "The proposal names no authors." if {
	input.hook == "before_effect"
	has_proposal
	not authors_are_told
}

missing contains "The input has no effect." if {
	input.hook == "before_effect"
	not effect_is_told
}

missing contains "The actor is an agent that the input does not describe." if {
	input.actor.kind == "agent"
	not has_agent
}

hook_is_known if input.hook in {"before_execute", "after_execute", "before_effect"}

needs_proposal if input.hook in {"after_execute", "before_effect"}

time_is_told if time.parse_rfc3339_ns(input.at)

settings_are_told if is_object(input.settings)

actor_is_told if is_string(input.actor.kind)

has_task if is_object(input.task)

risk_is_known if input.task.risk in data.governance.risk.levels

has_proposal if is_object(input.proposal)

files_are_told if {
	is_array(input.proposal.files)
	every file in input.proposal.files {
		is_string(file.path)
	}
	is_number(input.proposal.diff_bytes)
}

provenance_is_known if input.proposal.provenance in {"observed", "unobserved"}

authors_are_told if is_array(input.proposal.authors)

effect_is_told if is_string(input.effect.kind)

has_agent if is_object(input.agent)
