package gatehouse_test.model_allowlist

import data.gatehouse
import data.gatehouse_test.sample

asking(part) := {"agent": {"definition": {"anatomy": {"llm": object.union(sample.llm, part)}}}}

cases := {
	"no model": {"on": "on_create_attempt"},
	"a model that is known": {"on": "on_create_attempt", "patch": asking({})},
	"claude-sonnet-4-5 in sandbox": {"on": "on_create_attempt", "patch": asking({"provider": "anthropic", "model": "claude-sonnet-4-5", "max_tokens": 64000})},
	"claude-sonnet-4-5 in governed": {"on": "before_execute", "patch": asking({"provider": "anthropic", "model": "claude-sonnet-4-5", "max_tokens": 64000})},
	"claude-sonnet-4-5 with a token too many": {"on": "on_create_attempt", "patch": asking({"provider": "anthropic", "model": "claude-sonnet-4-5", "max_tokens": 64001}), "violations": ["max_tokens is 64001; it must be a number from 1 to 64000."]},
	"claude-haiku-4-5 in sandbox": {"on": "on_create_attempt", "patch": asking({"provider": "anthropic", "model": "claude-haiku-4-5", "max_tokens": 64000})},
	"claude-haiku-4-5 in governed": {"on": "before_execute", "patch": asking({"provider": "anthropic", "model": "claude-haiku-4-5", "max_tokens": 64000})},
	"claude-haiku-4-5 with a token too many": {"on": "on_create_attempt", "patch": asking({"provider": "anthropic", "model": "claude-haiku-4-5", "max_tokens": 64001}), "violations": ["max_tokens is 64001; it must be a number from 1 to 64000."]},
	"claude-opus-4-5 in sandbox": {"on": "on_create_attempt", "patch": asking({"provider": "anthropic", "model": "claude-opus-4-5", "max_tokens": 64000})},
	"claude-opus-4-5 in governed": {"on": "before_execute", "patch": asking({"provider": "anthropic", "model": "claude-opus-4-5", "max_tokens": 64000}), "violations": ["The model anthropic/claude-opus-4-5 is not allowed in governed environments."]},
	"claude-opus-4-5 with a token too many": {"on": "on_create_attempt", "patch": asking({"provider": "anthropic", "model": "claude-opus-4-5", "max_tokens": 64001}), "violations": ["max_tokens is 64001; it must be a number from 1 to 64000."]},
	"gpt-5 in sandbox": {"on": "on_create_attempt", "patch": asking({"provider": "openai", "model": "gpt-5", "max_tokens": 128000})},
	"gpt-5 in governed": {"on": "before_execute", "patch": asking({"provider": "openai", "model": "gpt-5", "max_tokens": 128000})},
	"gpt-5 with a token too many": {"on": "on_create_attempt", "patch": asking({"provider": "openai", "model": "gpt-5", "max_tokens": 128001}), "violations": ["max_tokens is 128001; it must be a number from 1 to 128000."]},
	"gpt-5-mini in sandbox": {"on": "on_create_attempt", "patch": asking({"provider": "openai", "model": "gpt-5-mini", "max_tokens": 128000})},
	"gpt-5-mini in governed": {"on": "before_execute", "patch": asking({"provider": "openai", "model": "gpt-5-mini", "max_tokens": 128000})},
	"gpt-5-mini with a token too many": {"on": "on_create_attempt", "patch": asking({"provider": "openai", "model": "gpt-5-mini", "max_tokens": 128001}), "violations": ["max_tokens is 128001; it must be a number from 1 to 128000."]},
	"gemini-2.5-pro in sandbox": {"on": "on_create_attempt", "patch": asking({"provider": "google", "model": "gemini-2.5-pro", "max_tokens": 65536})},
	"gemini-2.5-pro in governed": {"on": "before_execute", "patch": asking({"provider": "google", "model": "gemini-2.5-pro", "max_tokens": 65536})},
	"gemini-2.5-pro with a token too many": {"on": "on_create_attempt", "patch": asking({"provider": "google", "model": "gemini-2.5-pro", "max_tokens": 65537}), "violations": ["max_tokens is 65537; it must be a number from 1 to 65536."]},
	"gemini-2.5-flash in sandbox": {"on": "on_create_attempt", "patch": asking({"provider": "google", "model": "gemini-2.5-flash", "max_tokens": 65536})},
	"gemini-2.5-flash in governed": {"on": "before_execute", "patch": asking({"provider": "google", "model": "gemini-2.5-flash", "max_tokens": 65536})},
	"gemini-2.5-flash with a token too many": {"on": "on_create_attempt", "patch": asking({"provider": "google", "model": "gemini-2.5-flash", "max_tokens": 65537}), "violations": ["max_tokens is 65537; it must be a number from 1 to 65536."]},
	"the runtime opencode": {"on": "on_create_attempt", "patch": asking({"runtime": "opencode"})},
	"the runtime claude-code": {"on": "on_create_attempt", "patch": asking({"runtime": "claude-code"})},
	"the runtime codex": {"on": "on_create_attempt", "patch": asking({"runtime": "codex"})},
	"the runtime gemini-cli": {"on": "on_create_attempt", "patch": asking({"runtime": "gemini-cli"})},
	"the runtime qwen-code": {"on": "on_create_attempt", "patch": asking({"runtime": "qwen-code"})},
	"the runtime acp": {"on": "on_create_attempt", "patch": asking({"runtime": "acp"})},
	"a model that nobody knows": {"on": "on_create_attempt", "patch": asking({"model": "gpt-5"}), "violations": ["The model anthropic/gpt-5 is not on the allow-list."]},
	"a provider that nobody knows": {"on": "on_create_attempt", "patch": asking({"provider": "acme"}), "violations": ["The model acme/claude-sonnet-4-5 is not on the allow-list."]},
	"a provider in another case": {"on": "on_create_attempt", "patch": asking({"provider": "Anthropic"}), "violations": ["The model Anthropic/claude-sonnet-4-5 is not on the allow-list."]},
	"a runtime that nobody knows": {"on": "on_create_attempt", "patch": asking({"runtime": "bash"}), "violations": ["The runtime bash is not on the allow-list."]},
	"provider is missing": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": object.remove(sample.llm, ["provider"])}}}}, "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"provider is a number": {"on": "on_create_attempt", "patch": asking({"provider": 5}), "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"model is missing": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": object.remove(sample.llm, ["model"])}}}}, "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"model is a number": {"on": "on_create_attempt", "patch": asking({"model": 5}), "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"runtime is missing": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": object.remove(sample.llm, ["runtime"])}}}}, "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"runtime is a number": {"on": "on_create_attempt", "patch": asking({"runtime": 5}), "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"a model of a numbered provider, where the project allows some": {"on": "on_create_attempt", "patch": object.union(asking({"provider": 5}), {"settings": {"allowed_models": []}}), "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"a model that is a text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": "gpt-5"}}}}, "violations": ["The agent's model cannot be told: provider, model and runtime must be names."]},
	"temperature, tokens and top_p may be left out": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"llm": object.remove(sample.llm, ["temperature", "max_tokens", "top_p"])}}}}},
	"the hottest in the sandbox": {"on": "on_create_attempt", "patch": asking({"temperature": 2})},
	"too hot in the sandbox": {"on": "on_create_attempt", "patch": asking({"temperature": 2.01}), "violations": ["temperature is 2.01; it must be a number from 0 to 2."]},
	"the hottest where it is governed": {"on": "before_execute", "patch": asking({"temperature": 1})},
	"too hot where it is governed": {"on": "before_execute", "patch": asking({"temperature": 1.01}), "violations": ["temperature is 1.01; it must be a number from 0 to 1."]},
	"the coldest": {"on": "on_create_attempt", "patch": asking({"temperature": 0})},
	"too cold": {"on": "on_create_attempt", "patch": asking({"temperature": -0.1}), "violations": ["temperature is -0.1; it must be a number from 0 to 2."]},
	"a temperature that is text": {"on": "on_create_attempt", "patch": asking({"temperature": "1"}), "violations": ["temperature is 1; it must be a number from 0 to 2."]},
	"the least top_p": {"on": "on_create_attempt", "patch": asking({"top_p": 0})},
	"top_p under zero": {"on": "on_create_attempt", "patch": asking({"top_p": -0.1}), "violations": ["top_p is -0.1; it must be a number from 0 to 1."]},
	"top_p over one": {"on": "on_create_attempt", "patch": asking({"top_p": 1.1}), "violations": ["top_p is 1.1; it must be a number from 0 to 1."]},
	"one token": {"on": "on_create_attempt", "patch": asking({"max_tokens": 1})},
	"no token": {"on": "on_create_attempt", "patch": asking({"max_tokens": 0}), "violations": ["max_tokens is 0; it must be a number from 1 to 64000."]},
	"a model the project allows": {"on": "on_create_attempt", "patch": object.union(asking({}), {"settings": {"allowed_models": ["anthropic/claude-sonnet-4-5"]}})},
	"a model the project leaves out": {"on": "on_create_attempt", "patch": object.union(asking({}), {"settings": {"allowed_models": ["openai/gpt-5"]}}), "violations": ["The project does not allow the model anthropic/claude-sonnet-4-5."]},
}

test_each_case_is_answered_as_wanted if sample.wrong("model_allowlist", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("model_allowlist") == set()
