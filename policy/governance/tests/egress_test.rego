package gatehouse_test.egress

import data.gatehouse_test.sample

cases := {
	"no hosts": {"on": "on_create_attempt"},
	"an empty list": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": []}}}}}},
	"a null list": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": null}}}}}},
	"registry.npmjs.org in sandbox": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["registry.npmjs.org"]}}}}}},
	"registry.npmjs.org in governed": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["registry.npmjs.org"]}}}}}},
	"pypi.org in sandbox": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["pypi.org"]}}}}}},
	"pypi.org in governed": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["pypi.org"]}}}}}},
	"files.pythonhosted.org in sandbox": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["files.pythonhosted.org"]}}}}}},
	"files.pythonhosted.org in governed": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["files.pythonhosted.org"]}}}}}},
	"proxy.golang.org in sandbox": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["proxy.golang.org"]}}}}}},
	"proxy.golang.org in governed": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["proxy.golang.org"]}}}}}},
	"index.crates.io in sandbox": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["index.crates.io"]}}}}}},
	"index.crates.io in governed": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["index.crates.io"]}}}}}},
	"static.crates.io in sandbox": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["static.crates.io"]}}}}}},
	"static.crates.io in governed": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["static.crates.io"]}}}}}},
	"api.github.com in sandbox": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["api.github.com"]}}}}}, "violations": ["The hosts api.github.com are not allowed in sandbox environments."]},
	"api.github.com in governed": {"on": "before_execute", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["api.github.com"]}}}}}},
	"the host 'pypi.org.'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["pypi.org.", "pypi.org"]}}}}}, "violations": ["The hosts pypi.org. are not on the allow-list."]},
	"the host 'PYPI.org'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["PYPI.org", "pypi.org"]}}}}}, "violations": ["The hosts PYPI.org are not on the allow-list."]},
	"the host '*.org'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["*.org", "pypi.org"]}}}}}, "violations": ["The hosts *.org are not on the allow-list."]},
	"the host '*'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["*", "pypi.org"]}}}}}, "violations": ["The hosts * are not on the allow-list."]},
	"the host 'pypi.org:443'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["pypi.org:443", "pypi.org"]}}}}}, "violations": ["The hosts pypi.org:443 are not on the allow-list."]},
	"the host 'pypi.org@evil.example'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["pypi.org@evil.example", "pypi.org"]}}}}}, "violations": ["The hosts pypi.org@evil.example are not on the allow-list."]},
	"the host 'evil.example'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["evil.example", "pypi.org"]}}}}}, "violations": ["The hosts evil.example are not on the allow-list."]},
	"the host '10.0.0.1'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["10.0.0.1", "pypi.org"]}}}}}, "violations": ["The hosts 10.0.0.1 are not on the allow-list."]},
	"the host '169.254.169.254'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["169.254.169.254", "pypi.org"]}}}}}, "violations": ["The hosts 169.254.169.254 are not on the allow-list."]},
	"the host '[::1]'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["[::1]", "pypi.org"]}}}}}, "violations": ["The hosts [::1] are not on the allow-list."]},
	"the host 'localhost'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["localhost", "pypi.org"]}}}}}, "violations": ["The hosts localhost are not on the allow-list."]},
	"the host 'https://pypi.org'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["https://pypi.org", "pypi.org"]}}}}}, "violations": ["The hosts https://pypi.org are not on the allow-list."]},
	"the host 'xn--ppi-hma.org'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["xn--ppi-hma.org", "pypi.org"]}}}}}, "violations": ["The hosts xn--ppi-hma.org are not on the allow-list."]},
	"the host ' pypi.org'": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": [" pypi.org", "pypi.org"]}}}}}, "violations": ["The hosts  pypi.org are not on the allow-list."]},
	"the host ''": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["", "pypi.org"]}}}}}, "violations": ["The hosts  are not on the allow-list."]},
	"egress is text": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": "pypi.org"}}}}}, "violations": ["The agent's egress is no list of host names."]},
	"egress holds a number": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": [1]}}}}}, "violations": ["The agent's egress is no list of host names."]},
	"the project leaves one out": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["pypi.org", "proxy.golang.org"]}}}}, "settings": {"allowed_hosts": ["pypi.org"]}}, "violations": ["The project does not allow the hosts proxy.golang.org."]},
	"the project adds one": {"on": "on_create_attempt", "patch": {"agent": {"definition": {"anatomy": {"capabilities": {"egress": ["evil.example"]}}}}, "settings": {"allowed_hosts": ["evil.example"]}}, "violations": ["The hosts evil.example are not on the allow-list."]},
}

test_each_case_is_answered_as_wanted if sample.wrong("egress", cases) == {}

test_nothing_is_said_against_the_samples if sample.objecting("egress") == set()
