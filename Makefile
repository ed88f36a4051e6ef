# make demo  the whole story on a clip the package makes
# make test  every check and every test
# make check ruff, mypy, import-linter
# make slow  the tests that take longer than a few seconds each
.PHONY: demo test check slow clean
PYTHON ?= python3
VENV := .venv

demo: $(VENV)/.installed
	$(VENV)/bin/steadymask demo --out steadymask-demo --overwrite

test: $(VENV)/.installed
	scripts/check
	scripts/test

check: $(VENV)/.installed
	scripts/check

slow: $(VENV)/.installed
	scripts/test -m slow

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "steadymask needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --editable '.[dev,train]'
	touch $@

clean:
	rm -rf $(VENV) steadymask-demo build dist
