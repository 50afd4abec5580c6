# make demo       the main job: thirteen questions to a trained model, one report
# make test       lint, types, layers, tests (make test-all adds the slow ones)
# make test-frameworks  the contract of models on real networks of Keras, JAX, ONNX, Lightning and Hugging Face
# make bench      the speed of the engine, beside tangermeme and plain torch
# make verify    simulations of known truth: are intervals, verdicts and tests as good as they say?
# make examples   every study of the documents, with its figures (DATA=folder of the public data); the README as written

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
OUT ?= seqdo-demo
DATA ?= ../shared/data
FRAMEWORK_TESTS := tests/models/test_frameworks.py tests/models/test_inputs_of_frameworks.py tests/models/test_frameworks_page.py tests/models/adapters tests/models/test_remote.py

.PHONY: demo test test-all test-frameworks bench verify examples clean
.DELETE_ON_ERROR:

# glibc would give the buffers of every layer back to the system and take them again: a fifth of the time.
demo: export MALLOC_MMAP_THRESHOLD_ = 1000000000
demo: export MALLOC_TRIM_THRESHOLD_ = 2000000000
demo: $(VENV)/package
	$(PY) -m seqdo demo --out "$(OUT)" --overwrite

test: $(VENV)/tools
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m pytest -q -n 2 -m "not slow"

test-all: $(VENV)/tools
	$(MAKE) test
	$(PY) -m pytest -q -n 2 -m slow
	$(MAKE) test-frameworks

# Keras computes with one backend in a process, so its rows need two.
test-frameworks: $(VENV)/frameworks
	KERAS_BACKEND=torch $(PY) -m pytest -q $(FRAMEWORK_TESTS)
	KERAS_BACKEND=jax $(PY) -m pytest -q $(FRAMEWORK_TESTS) -k keras

bench: $(VENV)/bench
	$(PY) -m benchmarks $(BENCH)

verify: $(VENV)/package
	$(PY) -m verification $(VERIFY)

examples: $(VENV)/tools
	$(PY) -m pytest -q tests/test_examples.py
	$(PIP) --editable ".[all]"
	$(PY) -m examples --data "$(DATA)" $(EXAMPLES)

# torch comes first and by its pinned version, so that no other package's range picks another build.
$(VENV)/package: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable ".[torch]"
	touch $@

$(VENV)/tools: $(VENV)/package
	$(PIP) --requirement requirements-test.txt
	touch $@

$(VENV)/frameworks: $(VENV)/tools requirements-frameworks.txt
	$(PIP) --requirement requirements-frameworks.txt
	touch $@

$(VENV)/bench: $(VENV)/package benchmarks/requirements.txt
	$(PIP) --requirement benchmarks/requirements.txt
	touch $@

clean:
	rm -rf $(VENV)
