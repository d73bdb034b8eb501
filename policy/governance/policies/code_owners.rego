# METADATA
# scope: package
# title: Owners of code approve its changes
# description: >-
#   The last rule of the preset and the project that matches a path says who must approve, as in CODEOWNERS. A name
#   that a file system may read as another one falls under every rule.
# custom:
#   id: code_owners
#   severity: high
#   owner: platform-governance
#   runbook: docs/reference/policies/code_owners.md
package gatehouse.policies.code_owners

import data.gatehouse.change
import data.gatehouse.paths
import data.gatehouse.settings

meta := rego.metadata.chain()[count(rego.metadata.chain()) - 1].annotations.custom

rules := settings.gathered("code_owners")

# What is not sound is told of below, and stands here for no path.
expressions[i] := paths.expression(lower(rule.pattern)) if {
	some i, rule in rules
	is_pattern(rule.pattern)
}

# Paths by the number of the rule that they fall under.
owned[i] contains path if {
	some path in paths.changed
	matching := [n | some n, owner in expressions; regex.match(owner, lower(path))]
	i := matching[count(matching) - 1]
}

owned[i] contains path if {
	some path in paths.changed
	paths.odd(path)
	some i, _ in rules
}

requirements contains object.union(
	{
		"id": sprintf("code-owner-%d", [i]),
		"count": rules[i].count,
		"roles": roles(rules[i]),
		"reason": sprintf("%s is owned: %s.", [rules[i].pattern, paths.listed(files)]),
	},
	persons(rules[i]),
) if {
	change.is_judged
	some i, files in owned
}

violations contains sprintf("The code owners of %v cannot be told: a rule needs a pattern as CODEOWNERS has it, roles or persons, and a count.", [called(i)]) if {
	change.is_judged
	some i, rule in rules
	not is_sound(rule)
}

called(i) := pattern if {
	pattern := rules[i].pattern
} else := sprintf("rule %d", [i])

is_sound(rule) if {
	is_pattern(rule.pattern)
	is_array(rule.roles)
	is_array(rule.persons)
	count(rule.roles) + count(rule.persons) > 0
	rule.count > 0
}

# CODEOWNERS knows no negation, and the root is named by what is in it.
is_pattern(pattern) if {
	not startswith(pattern, "!")
	trim(pattern, "/ ") != ""
}

# Nobody has this role: where only persons may approve, no role does.
roles(rule) := ["code-owner"] if count(rule.roles) == 0

roles(rule) := rule.roles if count(rule.roles) > 0

persons(rule) := {} if count(rule.persons) == 0

persons(rule) := {"persons": rule.persons} if count(rule.persons) > 0
