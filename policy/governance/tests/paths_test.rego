package gatehouse_test.paths

import data.gatehouse.paths
import data.gatehouse.risk
import data.gatehouse_test.sample

touched(doc) := classes if {
	classes := paths.touched with input as doc
}

# Class -> names that are of that class and no other.
members := {
	"agents": ["AGENTS.md", "docs/Claude.md", ".claude/agents/a.md", "packages/a/.cursor/rules", ".mcp.json", ".github/copilot-instructions.md", "opencode.json", ".agent/etc/agents.yaml"],
	"policy": ["policy/x.rego", "a/b.rego", "CODEOWNERS", "docs/codeowners", "policies/a.txt", "policy"],
	"ci": [".github/workflows/ci.yml", ".GitHub/x", "a/.github/x", ".gitlab-ci.yml", "a/b/Jenkinsfile", "Jenkinsfile.release", "azure-pipelines.yml", ".circleci/config.yml", "action.yml", "renovate.json", ".github"],
	"gatehouse": [".gatehouse/recipe.yaml", ".Gatehouse/agents/a.json"],
	"infrastructure": ["Dockerfile", "a/dockerfile", "Dockerfile.prod", "a/api.Dockerfile", "Containerfile", "docker-compose.yml", "docker-compose.prod.yaml", "compose.yaml", "main.tf", "a/prod.tfvars", "terraform/x", "k8s/a.yaml", "deploy/run.sh", "helm/a", "charts/a/values.yaml", "infra/x", ".devcontainer/devcontainer.json", "kustomization.yaml"],
	"git": [".gitmodules", ".gitattributes", "a/.GitAttributes", ".husky/pre-commit", ".githooks/x", ".pre-commit-config.yaml", ".lfsconfig"],
	"build": ["package.json", "packages/a/Package.JSON", "Makefile", "a/GNUmakefile", "Makefile.am", "rules.mk", "pyproject.toml", "setup.py", "conftest.py", "build.gradle", "build.gradle.kts", "Cargo.toml", "go.mod", ".npmrc", "CMakeLists.txt", "BUILD.bazel", "a.csproj"],
	"lockfile": ["package-lock.json", "packages/a/package-lock.json", "YARN.LOCK", "pnpm-lock.yaml", "Cargo.lock", "go.sum", "poetry.lock", "uv.lock", "Gemfile.lock", "composer.lock"],
}

test_each_name_is_of_its_class if {
	every class, names in members {
		every name in names {
			class in object.keys(touched(sample.changing([name])))
			touched(sample.changing([name]))[class] == {name}
		}
	}
}

# `.github/copilot-instructions.md` is two things; every other name of the table is one.
test_each_name_is_of_one_class if {
	several := {name |
		some names in members
		some name in names
		count(touched(sample.changing([name]))) > 1
	}
	several == {".github/copilot-instructions.md"}
}

nothing := [
	"src/price.js",
	"src/.github.js",
	"src/policy/x.js",
	"docs/policy.md",
	"src/infra/x.js",
	"rego",
	"tf",
	"a/mk",
	"my-package.json",
	"package.json.ts",
	"src/makefiles/a.js",
	"notdockerfile",
	"docs/Überblick.md",
	"docs/日本語.md",
	"docs/документ.md",
	"src/naïve – “quoted”.js",
	"src/a b.js",
	"src/a~b.js",
	"src/~tmp",
	"a..b",
	".hidden",
]

test_other_names_are_of_no_class if {
	every name in nothing {
		touched(sample.changing([name])) == {}
	}
}

# Names that some file system, shell or eye takes for another.
odd := [
	".github./workflows/ci.yml",
	".github /workflows/ci.yml",
	"package.json.",
	"package.json ",
	"a. /b",
	".github\\workflows\\ci.yml",
	"package.json::$DATA",
	"c:evil",
	"GITHUB~1/workflows/ci.yml",
	"a\nb",
	"a\tb",
	"a\u0000b",
	"a\u001fb",
	"a\u007fb",
	"a\u00a0b",
	".git\u200chub/workflows/ci.yml",
	".github\u200b/workflows/ci.yml",
	"\ufeffMakefile",
	"Make\u00adfile",
	"\u202egpj.js",
	"package\u2024json",
	"a\u2044b",
	"a\u2060b",
	".\uff47ithub/workflows/ci.yml",
	"\uff0egithub/x",
	"pac\u212aage.json",
	"pac\u212bage.json",
	"yarn.loc\u212a",
	"DO\u017fERS",
	"\u0130nfra/x",
	"\u0131nfra/x",
	"\u0138",
	"\u1d43akefile",
	"Make\ufb01le",
	"\u24b6",
	"\u02b0",
	"\u0261ithub",
	"a\u034fb",
	"a\ufe0fb",
	"\u00aa",
	"\u00ba",
	"\u00b2",
	"\u00b3",
	"\u00b9",
	"\u00bd",
	"\u115f",
	"\u1160",
	"\u17b4",
	"\u17b5",
	"\u180e",
	"\u3000",
	"\u3164",
	"\ufe52",
	"\ufffd",
	"\ud835\udc26akefile",
	"\ud83c\udd70",
	"a\udb40\udc61",
	".g\u0456thub/workflows/ci.yml",
	"pack\u0430ge.json",
	"\u0440ackage.json",
	"Makef\u03b9le",
	"a\u0578",
	"a\u13a0",
	"\u2c80a",
	"a\ua4d0",
]

test_odd_names_are_odd if {
	every name in odd {
		touched(sample.changing([name])).odd == {name}
		effective(sample.changing([name])) == "high"
	}
}

effective(doc) := level if {
	level := risk.effective with input as doc
}

modes := {
	"100644": {},
	"100664": {},
	"100755": {},
	"120000": {"special": {"src/a.js"}},
	"160000": {"special": {"src/a.js"}},
	"040000": {"special": {"src/a.js"}},
	"": {"special": {"src/a.js"}},
}

test_links_and_submodules_are_special if {
	every mode, classes in modes {
		touched(object.union(sample.before_effect, {"proposal": {"files": [object.union(sample.file("src/a.js"), {"new_mode": mode})]}})) == classes
	}
	touched(object.union(sample.before_effect, {"proposal": {"files": [object.union(sample.file("src/a.js"), {"new_mode": null})]}})) == {}
	touched(object.union(sample.before_effect, {"proposal": {"files": [object.remove(sample.file("src/a.js"), ["new_mode"])]}})) == {"special": {"src/a.js"}}
}

products := {
	"gatehouse": {"product": {"src/a.js"}},
	"Gatehouse": {"product": {"src/a.js"}},
	"shop": {},
}

test_this_product_is_known_by_name if {
	every name, classes in products {
		touched(object.union(sample.changing(["src/a.js"]), {"repository": {"name": name}})) == classes
	}
}

protecting := {"settings": {"protected_paths": ["**/Auth/**", "db/*.sql", "**/x*"]}}

guarded := {
	"auth/a.js": {"protected": {"auth/a.js"}},
	"src/AUTH/a/b.js": {"protected": {"src/AUTH/a/b.js"}},
	"db/a.sql": {"protected": {"db/a.sql"}},
	"db/a/b.sql": {},
	"xa/b": {"protected": {"xa/b"}},
	"axb/b": {},
	"xa": {"protected": {"xa"}},
	"a/xa": {"protected": {"a/xa"}},
	"src/author.js": {},
}

test_the_project_protects_more if {
	every name, classes in guarded {
		touched(object.union(sample.changing([name]), protecting)) == classes
	}
}

test_the_strict_preset_protects_more if {
	classes := paths.touched with input as sample.changing(["a/migrations/1.js", "b/auth/x"]) with data.governance.preset as "strict"
	classes == {"protected": {"a/migrations/1.js", "b/auth/x"}}
}

test_lists_are_cut_after_a_hundred if {
	paths.listed({sprintf("%d", [n]) | some n in numbers.range(101, 200)}) == concat(", ", [sprintf("%d", [n]) | some n in numbers.range(101, 200)])
	paths.listed({sprintf("%d", [n]) | some n in numbers.range(101, 202)}) == concat("", [concat(", ", [sprintf("%d", [n]) | some n in numbers.range(101, 200)]), " and 2 more"])
	paths.listed({sprintf("%d", [n]) | some n in numbers.range(101, 201)}) == concat("", [concat(", ", [sprintf("%d", [n]) | some n in numbers.range(101, 200)]), " and 1 more"])
	paths.listed(["b", "a"]) == "a, b"
}

# Pattern -> paths, as GitHub reads CODEOWNERS.
owns := {
	"*": ["a.js", "a/b/c.js"],
	"*.js": ["a.js", "x/y/a.js"],
	"/build/logs/": ["build/logs/a/b"],
	"docs/*": ["docs/a.md"],
	"apps/": ["apps/x", "y/apps/x/z"],
	"/docs/": ["docs/a/b"],
	"/scripts": ["scripts", "scripts/x/y"],
	"**/logs": ["logs", "build/logs/x", "deeply/nested/logs"],
	"/apps/github": ["apps/github/x"],
	"a/**/b": ["a/b", "a/x/y/b", "a/x/y/b/c"],
	"src/**": ["src/a/b"],
	"src/**/": ["src/a/b", "src/a"],
	"**/migrations/**": ["migrations/1.sql", "db/migrations/x/1.sql"],
	"**/schema.sql": ["schema.sql"],
	"schema.sql": ["db/schema.sql"],
	"a?b": ["axb"],
	"x[1].ts": ["x[1].ts"],
	"a\\b": ["a\\b"],
	"/*": ["a.js"],
	"/**": ["b/a.js"],
	"src/*.js": ["src/a.js"],
	"src/*/x": ["src/a/x"],
	"a$": ["a$"],
	"a b/": ["a b/c"],
}

leaves := {
	"*.js": ["a.jsx"],
	"/build/logs/": ["build/logs", "x/build/logs/a"],
	"docs/*": ["docs/b/a.md"],
	"apps/": ["apps"],
	"/docs/": ["x/docs/a"],
	"/apps/github": ["apps/githubx"],
	"a/**/b": ["ab"],
	"src/**": ["src"],
	"a.b": ["axb"],
	"a?b": ["a/b"],
	"a+b": ["aab"],
	"/*": ["b/a.js"],
	"src/*.js": ["src/x/a.js"],
	"src/*/x": ["src/a/b/x"],
	"{a,b}": ["a"],
}

test_a_pattern_owns_what_codeowners_says if {
	every pattern, names in owns {
		every name in names {
			regex.match(paths.expression(pattern), name)
		}
	}
}

test_a_pattern_leaves_the_rest if {
	every pattern, names in leaves {
		every name in names {
			not regex.match(paths.expression(pattern), name)
		}
	}
}

test_a_folder_is_protected_with_all_that_is_in_it if {
	object.keys(touched(sample.changing(["Lib/Auth/x/y.js"]))) == set()
	guarded := object.union(sample.changing(["Lib/Auth/x/y.js"]), {"settings": {"protected_paths": ["auth/"]}})
	touched(guarded).protected == {"Lib/Auth/x/y.js"}
}

# In CODEOWNERS they are letters, and signs in a regular expression.
test_signs_of_a_pattern_are_letters if {
	every sign in [".", "+", "(", ")", "|", "[", "]", "{", "}", "^", "$", `\`] {
		name := concat("", ["a", sign, "b"])
		regex.match(paths.expression(name), name)
		every other in ["ab", "axb", "aab", "a", "b", concat("", [sign, "b"])] {
			not regex.match(paths.expression(name), other)
		}
	}
}

test_a_doubled_slash_names_no_path if paths.expression("a//b") == "^a//b(?:/.*)?$"

# What an agent may change: pattern -> paths of it, and paths that are not.
allows := {
	"src/*.js": {"of": ["src/a.js"], "not": ["src/b/a.js", "a.js"]},
	"**/docs/*": {"of": ["docs/a", "x/y/docs/a"], "not": ["docs/a/b", "adocs/a"]},
	"src/**": {"of": ["src/a/b"], "not": ["x/src/a"]},
	"README.md": {"of": ["README.md"], "not": ["docs/README.md"]},
	"a**/": {"of": ["ab/"], "not": ["a"]},
}

test_what_an_agent_may_change_stands_at_the_root if {
	every pattern, names in allows {
		every name in names.of {
			paths.matches(pattern, name)
		}
		every name in names["not"] {
			not paths.matches(pattern, name)
		}
	}
}
