# METADATA
# scope: package
# title: Exceptions
# description: The one resolver of exceptions. An exception counts where it is in bounds, approved, in its scope and in its time.
package gatehouse.exceptions

import data.gatehouse.modes
import data.gatehouse.settings

bounds := data.governance.exceptions

# METADATA
# description: Policy id -> the first exception from it that counts here and now.
excused[id] := leaves[0] if {
	some id, given in input.exceptions
	modes.active[id]
	leaves := [leave | some leave in given; counts(id, leave)]
}

# METADATA
# description: What is wrong with exceptions that would otherwise count.
refused contains sprintf("The exception %v from %s does not count: %s.", [object.get(leave, "id", "without id"), id, concat("; ", faults(id, leave))]) if {
	some id, given in input.exceptions
	modes.active[id]
	some leave in given
	count(faults(id, leave)) > 0
}

counts(id, leave) if {
	in_scope(leave)
	count(faults(id, leave)) == 0
	in_time(leave)
}

faults(id, leave) := problems(leave) | {approval_faults[i] |
	some i, holds in [is_from(id, leave), is_approved(leave)]
	not holds
}

approval_faults := ["it is from another policy", "too few persons approved it"]

default is_from(_, _) := false

is_from(id, leave) if leave.policy_id == id

default is_approved(_) := false

# Whoever asked for it does not count.
is_approved(leave) if {
	approvers := {person | some person in leave.approved_by; person != leave.requested_by}
	count(approvers) >= needed(leave)
}

# METADATA
# description: Owners that must approve an exception, by the environment that it is for.
needed(leave) := bounds.approvals[settings.class_of(leave.scope.environment)]

# METADATA
# description: What puts an exception out of bounds. Empty for one that is sound.
problems(leave) := {bound_faults[i] |
	length := lasting(leave)
	some i, holds in [
		is_exceptable(leave),
		is_timed(length),
		is_short(leave, length),
		is_reasoned(leave),
		is_scoped(leave),
		is_narrow(leave),
		is_asked(leave),
	]
	not holds
}

bound_faults := [
	"the policy knows no exceptions",
	"its times cannot be read, or it ends before it starts",
	"it lasts too long",
	"its reason is too short",
	"it names no environment",
	"it names neither agent nor repository, as it must in a governed environment",
	"it does not say who asked for it",
]

default is_exceptable(_) := false

is_exceptable(leave) if bounds.max_days[leave.policy_id]

# How long an exception lasts, in nanoseconds; null where its times cannot be read.
# mutate: equivalent boolean - neither is a number
default lasting(_) := null

lasting(leave) := time.parse_rfc3339_ns(leave.expires_at) - time.parse_rfc3339_ns(leave.starts_at)

default is_timed(_) := false

is_timed(length) if length > 0

default is_short(_, _) := false

is_short(leave, length) if {
	is_number(length)
	length <= bounds.max_days[leave.policy_id] * 86400000000000
}

default is_reasoned(_) := false

is_reasoned(leave) if count(trim_space(leave.reason)) >= bounds.min_reason_characters

default is_scoped(_) := false

is_scoped(leave) if {
	is_string(leave.scope.environment)
	leave.scope.environment != ""
}

default is_narrow(_) := false

is_narrow(leave) if {
	is_string(leave.scope.agent_id)
} else if {
	is_string(leave.scope.repository_id)
} else if settings.class_of(leave.scope.environment) == "sandbox"

default is_asked(_) := false

is_asked(leave) if is_string(leave.requested_by)

in_time(leave) if {
	at := time.parse_rfc3339_ns(input.at)
	time.parse_rfc3339_ns(leave.starts_at) <= at
	at < time.parse_rfc3339_ns(leave.expires_at)
}

in_scope(leave) if {
	leave.scope.environment == input.environment
	is_within(leave.scope.agent_id, "agent")
	is_within(leave.scope.repository_id, "repository")
}

# A scope that says nothing of agent or repository is not one of any: it must say null.
is_within(id, _) if id == null

is_within(id, part) if id == input[part].id
