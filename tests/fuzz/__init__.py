"""Mutates requests that no-destroy denies and looks for one that it allows although a careless server would still do what was denied.

- `mutation`  bytes -> a request: some seed with changes to its target, headers, method and body; so any fuzzer of bytes can drive it
- `seeds`     the denied requests, by dialect, each with the operation that must not happen
- `readers`   reference readers, one a dialect: every operation that *some* lenient server could make of a request
- `property`  the two properties: nothing but DecodeError escapes a dialect; what is allowed is not what some reader takes for the denied operation
- `__main__`  ``make fuzz``: coverage-guided by atheris. tests/unit/dialects/test_hostile.py runs the same property in `make test`, by hypothesis.
"""
