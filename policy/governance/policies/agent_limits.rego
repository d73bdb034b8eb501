# METADATA
# scope: package
# title: Limits of the agent
# description: Who may run, how often, until when and for how long, and how much it may change and where.
# custom:
#   id: agent_limits
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/agent_limits.md
package gatehouse.policies.agent_limits

import data.gatehouse.agent
import data.gatehouse.paths
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

limits := input.agent.definition.limits

# The smallest of the agent's own limit and what bundle, preset and project allow. Undefined where the agent has none.
allowed(name) := min([limits[name], settings.least(name)]) if is_number(limits[name])

# Without an agent what bundle, preset and project allow bounds a change.
bound(name) := allowed(name)

bound(name) := settings.least(name) if not has_agent

states := data.governance.agent_states[settings.class]

# `not` with an expression would be undefined where what it reads is missing: it is only said of rules.
has_agent if is_object(input.agent)

state_is_allowed if input.agent.lifecycle.state in states

before if input.hook == "before_execute"

after if input.hook == "after_execute"

violations contains "No registered agent runs this task." if {
	before
	not has_agent
}

violations contains sprintf("The agent %s is %s; in %s only %s agents run.", [
	input.agent.name,
	input.agent.lifecycle.state,
	input.environment,
	concat(" or ", states),
]) if {
	before
	not state_is_allowed
}

violations contains "What the agent may do cannot be told: a limit, its lifecycle, its name, its environment or its count of runs is missing." if {
	before
	has_agent
	not limits_are_told
}

limits_are_told if {
	is_number(allowed("max_requests_per_day"))
	is_number(allowed("max_execution_time_seconds"))
	is_number(input.agent.runs_today)
	is_string(input.agent.name)
	is_string(input.agent.lifecycle.state)
	is_string(input.environment)
	expiry_is_told
}

expiry_is_told if limits.expires_at == null

expiry_is_told if time.parse_rfc3339_ns(limits.expires_at)

violations contains sprintf("The agent %s has begun %d runs today; %d are allowed.", [
	input.agent.name,
	input.agent.runs_today,
	allowed("max_requests_per_day"),
]) if {
	before
	input.agent.runs_today >= allowed("max_requests_per_day")
}

violations contains sprintf("The agent %s expired at %s.", [input.agent.name, limits.expires_at]) if {
	before
	time.parse_rfc3339_ns(input.at) >= time.parse_rfc3339_ns(limits.expires_at)
}

violations contains sprintf("The agent's execution time limit is %d s; at most %d s are allowed.", [
	limits.max_execution_time_seconds,
	allowed("max_execution_time_seconds"),
]) if {
	before
	limits.max_execution_time_seconds > allowed("max_execution_time_seconds")
}

warnings contains sprintf("The agent %s has no owner who answers for it.", [input.agent.name]) if {
	before
	input.agent.owner_person_id == null
}

violations contains "How much the agent may change cannot be told: a limit or its allowed paths are missing." if {
	after
	not bounds_are_told
}

bounds_are_told if {
	is_number(bound("max_changed_files"))
	is_number(bound("max_diff_bytes"))
	paths_are_told
}

paths_are_told if not has_agent

paths_are_told if is_array(allowed_paths)

allowed_paths := agent.capability("allowed_paths")

violations contains sprintf("%d files are changed; at most %d are allowed.", [
	count(input.proposal.files),
	bound("max_changed_files"),
]) if {
	after
	count(input.proposal.files) > bound("max_changed_files")
}

violations contains sprintf("The diff has %d bytes; at most %d are allowed.", [
	input.proposal.diff_bytes,
	bound("max_diff_bytes"),
]) if {
	after
	input.proposal.diff_bytes > bound("max_diff_bytes")
}

outside contains file.path if {
	has_agent
	some file in input.proposal.files
	not paths.matches_any(allowed_paths, file.path)
}

violations contains sprintf("Files outside the agent's allowed paths are changed: %s.", [paths.listed(outside)]) if {
	after
	count(outside) > 0
}
