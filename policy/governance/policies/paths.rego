# METADATA
# scope: package
# title: Paths and patterns
# description: "`*` stays within a folder, `**` crosses folders, a leading `**/` also matches at the root."
package gatehouse.paths

matches(pattern, path) if glob.match(pattern, ["/"], path)

matches(pattern, path) if {
	startswith(pattern, "**/")
	glob.match(trim_prefix(pattern, "**/"), ["/"], path)
}

matches_any(patterns, path) if {
	some pattern in patterns
	matches(pattern, path)
}

# METADATA
# description: Those of the paths that a pattern matches, without regard to case, as a file system may have none.
guarded(patterns, given) := {path |
	some path in given
	matches_any(lowered, lower(path))
} if {
	lowered := {lower(pattern) | some pattern in patterns}
}

# METADATA
# description: Names for a message, in order, the first hundred of them.
listed(names) := concat(", ", sort(names)) if count(names) <= 100

listed(names) := sprintf("%s and %d more", [concat(", ", array.slice(sort(names), 0, 100)), count(names) - 100]) if {
	count(names) > 100
}
