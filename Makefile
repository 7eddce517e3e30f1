# The front door. Every target sets up what it needs; on Debian, missing system packages are installed when root.
VENV := .venv
PYTHON := $(VENV)/bin/python
NEWEST := .venv-newest
STAMP := $(VENV)/.installed

.PHONY: demo quick durations test test-qgis test-qgis-newer test-qgis-long lint bench robustness constraints docs plugin plugin-check \
	test-oldest clean

$(PYTHON):
	@bash scripts/environment.sh $(VENV)

$(STAMP): $(PYTHON) setup.cfg setup.py pyproject.toml constraints.txt
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check $$($(PYTHON) scripts/constraints.py) --editable ".[test,notebook]"
	@touch $@

demo: $(STAMP)
	@$(PYTHON) -m ecoval demo

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	PYTHONPATH=.:qgis_plugin $(VENV)/bin/lint-imports
	$(PYTHON) scripts/plugin_messages.py --check

test: lint
	$(PYTHON) -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder
	NUMBA_DISABLE_JIT=1 $(PYTHON) -m pytest -q tests/kernels
	ECOVAL_SHARED=none $(PYTHON) -m pytest -q -m outside   # a clone without the outside data
	@$(MAKE) --no-print-directory test-qgis

quick: lint
	PYTHONPATH=tests $(PYTHON) -m pytest -p quick --quick -q --numprocesses auto --dist loadfile --no-loadscope-reorder --durations=10

durations: $(STAMP)
	PYTHONPATH=tests $(PYTHON) -m pytest -p quick --record-durations --numprocesses auto --dist loadfile --no-loadscope-reorder

test-qgis: $(STAMP)
	@bash scripts/qgis_tests.sh $(PYTHON)

test-qgis-newer:
	@bash scripts/qgis_newer.sh

test-qgis-long: $(STAMP)
	ECOVAL_STRICT=1 $(PYTHON) -m pytest -m timed -s
	ECOVAL_STRICT=1 ECOVAL_GUI_RUNS=50 ECOVAL_GUI_WANDERING=200 ECOVAL_GUI_SECONDS=1800 bash scripts/qgis_tests.sh $(PYTHON) -m timed -s

robustness: $(STAMP)  # the whole matrix of which the gate runs a tenth; writes docs/robustness.md
	$(PYTHON) scripts/robustness.py

bench: $(STAMP)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	$(PYTHON) benchmarks/bench.py
	$(PYTHON) benchmarks/overlay.py
	$(PYTHON) benchmarks/climate.py
	$(PYTHON) benchmarks/ticks.py
	$(PYTHON) benchmarks/portfolio.py

constraints:  # the newest of what the gate installs becomes what it installs
	rm -rf $(NEWEST) .envs/plugin
	bash scripts/environment.sh $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[test,notebook]"
	: > constraints.txt
	bash scripts/qgis_tests.sh $(PYTHON) --collect-only -q > /dev/null
	$(NEWEST)/bin/python scripts/constraints.py --write $(NEWEST) .envs/plugin

docs: $(STAMP)
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	$(PYTHON) scripts/methods_pages.py
	$(PYTHON) scripts/reference_pages.py
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict --quiet
	$(PYTHON) scripts/docs_site.py site

plugin: $(STAMP)
	$(PYTHON) qgis_plugin/build.py zip --out dist
	$(PYTHON) qgis_plugin/build.py wheels --out dist/ecoval_offline

plugin-check: $(STAMP)
	@bash scripts/plugin_check.sh $(PYTHON)

test-oldest:
	@bash scripts/environment.sh .venv-oldest
	.venv-oldest/bin/python scripts/oldest.py | xargs .venv-oldest/bin/pip install --quiet --disable-pip-version-check
	.venv-oldest/bin/pip install --quiet --disable-pip-version-check --no-deps --editable .
	.venv-oldest/bin/python -m pytest -W default -m "not golden"   # other versions, other last digits

clean:
	rm -rf $(VENV) .venv-oldest $(NEWEST) build dist site *.egg-info
