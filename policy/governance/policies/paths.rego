# METADATA
# scope: package
# title: Paths and patterns
# description: >-
#   What a path is, found by keys, so that its cost does not grow with the lists. Case does not count anywhere, as a
#   file system may have none. In what an agent may change, `*` stays within a folder, `**` crosses folders, a leading
#   `**/` also matches at the root. What is owned or protected is named as GitHub reads CODEOWNERS.
package gatehouse.paths

import data.gatehouse.settings

tables := data.governance.paths

matches(pattern, path) if {
	glob.match(pattern, ["/"], path)
} else if glob.match(trim_prefix(pattern, "**/"), ["/"], path)

matches_any(patterns, path) if {
	some pattern in patterns
	matches(pattern, path)
}

# METADATA
# description: >-
#   A pattern of CODEOWNERS as a regular expression. With a slash at the begin or within, it stands at the root, else in
#   any folder; what it names is a file, or a folder with all that is in it; with a slash at the end only a folder;
#   `*` at the end of a path stands for files of that folder alone; `**` for any folders. Brackets and braces are letters.
expression(pattern) := concat("", ["^", concat("", [step(i, name, names) | some i, name in names]), "$"]) if {
	names := located(pattern)
}

located(pattern) := split(trim_prefix(pattern, "/"), "/") if contains(trim_suffix(pattern, "/"), "/")

located(pattern) := array.concat(["**"], split(pattern, "/")) if not contains(trim_suffix(pattern, "/"), "/")

step(i, "**", names) := "(?:[^/]+/)*" if i < count(names) - 1

step(i, name, names) := concat("", [literal(name), "/"]) if {
	i < count(names) - 1
	name != "**"
}

step(i, "**", names) := ".+" if i == count(names) - 1

step(i, "", names) := ".+" if i == count(names) - 1

step(i, "*", names) := "[^/]+" if {
	i == count(names) - 1
	names[0] != "**"
}

step(i, name, names) := concat("", [literal(name), "(?:/.*)?"]) if {
	i == count(names) - 1
	not whole(name, names)
}

whole(name, _) if name in {"", "**"}

whole("*", names) if names[0] != "**"

# mutate: equivalent rule-removed - it only spares the replacements, which would change nothing
literal(name) := name if {
	# mutate: equivalent string - it only spares the replacements, which would change nothing
	trim(name, letters) == ""
} else := strings.replace_n(spelled, name)

# What a letter of a name is as a regular expression, where it is another.
spelled := {
	"*": "[^/]*", "?": "[^/]",
	".": `\.`, "+": `\+`, "(": `\(`, ")": `\)`, "|": `\|`, "[": `\[`, "]": `\]`,
	"{": `\{`, "}": `\}`, "^": `\^`, "$": `\$`, "\\": `\\`,
}

# mutate: equivalent string - a name that is not spared the replacements comes out of them as it is
letters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

# METADATA
# description: Paths that git never has in a tree. Nothing can be said about them.
impossible contains path if {
	names := impossible_names
	some path, parts in segments
	some part in parts
	names[part]
}

impossible_names := {"", ".", "..", ".git"}

# METADATA
# description: >-
#   A name that some file system takes for another: control characters, backslash and colon, short names, trailing dots
#   and spaces, characters that are ignored or folded into ASCII, letters of two scripts side by side.
odd(path) if contains(path, "./")

odd(path) if endswith(path, ".")

odd(path) if {
	# mutate: equivalent - it only spares the match that follows
	trim(path, ordinary) != ""
	regex.match(strange, path)
}

# Names of ordinary characters alone are spared the slower match.
# mutate: equivalent string - the match that follows finds the same
ordinary := concat("", [letters, "/."])

strange := concat("", [
	`[\x00-\x1f\\:`, folded, `]|~[0-9]| (/|$)|`,
	"[A-Za-z]", lookalike, "|", lookalike, "[A-Za-z]",
])

folded := concat("", [
	`\x{7f}-\x{a0}\x{aa}\x{ad}\x{b2}\x{b3}\x{b9}\x{ba}\x{bc}-\x{be}\x{130}\x{131}\x{138}\x{17f}`,
	`\x{250}-\x{2ff}\x{1d2c}-\x{1d6a}\x{1d78}\x{1d9b}-\x{1dbf}\x{34f}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}`,
	`\x{2000}-\x{200f}\x{2024}-\x{202f}\x{2044}\x{205f}-\x{209f}\x{2100}-\x{218f}\x{2460}-\x{24ff}`,
	`\x{3000}\x{3164}\x{fb00}-\x{fb06}\x{fe00}-\x{fe0f}\x{fe50}-\x{fe6f}\x{feff}-\x{ffff}`,
	`\x{1d400}-\x{1d7ff}\x{1f100}-\x{1f1ff}\x{e0000}-\x{e0fff}`,
])

lookalike := `[\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}\p{Coptic}\p{Lisu}]`

# METADATA
# description: Class -> the changed paths of it. Each path is looked up by its folders, its name, and its name's first and last part.
touched[class] contains path if {
	some path, found in classes
	some class in found
}

changed contains file.path if some file in input.proposal.files

classes[path] contains class if {
	roots := tables.roots
	some path, parts in segments
	class := roots[parts[0]]
}

classes[path] contains class if {
	folders := tables.folders
	some path, parts in segments
	some segment in parts
	class := folders[segment]
}

classes[path] contains class if {
	known := tables.names
	some path, name in names
	class := known[name]
}

classes[path] contains class if {
	stems := tables.stems
	some path, parts in pieces
	class := stems[parts[0]]
}

classes[path] contains class if {
	extensions := tables.extensions
	some path, parts in pieces
	last := count(parts) - 1
	last > 0
	class := extensions[parts[last]]
}

classes[path] contains "odd" if {
	some path in changed
	odd(path)
}

classes[path] contains "protected" if {
	some protected in protected_expressions
	some path in changed
	regex.match(protected, lower(path))
}

classes[path] contains "product" if {
	product
	some path in changed
}

classes[file.path] contains "special" if {
	some file in input.proposal.files
	not plain(file)
}

segments[path] := split(lower(path), "/") if some path in changed

names[path] := parts[count(parts) - 1] if some path, parts in segments

pieces[path] := split(name, ".") if some path, name in names

protected_expressions := {expression(lower(pattern)) | some pattern in settings.gathered("protected_paths")}

product if data.governance.product_repositories[lower(input.repository.name)]

# What a link or a submodule leads to is not in the change.
plain(file) if plain_modes[file.new_mode]

plain_modes := {null, "100644", "100664", "100755"}

# METADATA
# description: Names for a message, in order, the first hundred of them.
listed(names) := concat(", ", sort(names)) if count(names) <= 100

# mutate: equivalent number - a slice from before the first begins with the first
listed(names) := sprintf("%s and %d more", [concat(", ", array.slice(sort(names), 0, 100)), count(names) - 100]) if {
	count(names) > 100
}
