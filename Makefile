# Two commands: `make demo` and `make test`. Each sets itself up on a machine with Python 3.11, make and git.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
CALLED := $(VENV)/.called
JUDGED := android_demo/core/target/judged

.PHONY: demo test test-npu lint kotlin android judged parity-arm64 fuzz-quick fuzz templates site clean

demo: $(STAMP)
	$(BIN)/memlora demo

test: $(CALLED) lint kotlin
	OMP_NUM_THREADS=1 $(BIN)/python -m slipcover -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=30 \
		--ignore=tests/fuzz -m "not npu"
	MEMLORA_FUZZ_SEED=1 $(MAKE) fuzz-quick

# what needs Qualcomm's compiler and simulator (x86 Linux): three minutes
test-npu: $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[npu]'
	OMP_NUM_THREADS=1 $(BIN)/pytest -m npu --durations=10

# the Kotlin library and its tests
kotlin: judged
	mvn -q -B -f android_demo/pom.xml -pl core,engine,coroutines,consumer,runner -am verify

# the same, and the app: its tests, its screens, the APK
android: judged
	mvn -q -B -f android_demo/pom.xml verify

# what Kotlin's tests read: bundles and files that Python wrote and judged, and a bundle to run
judged: $(STAMP) build/android/seeing/said.json
	rm -rf $(JUDGED)
	$(BIN)/python -m tests.bundles.make $(JUDGED)/bundles
	$(BIN)/python -m tests.fuzz.verdicts $(JUDGED)/files

build/android/bundle/manifest.json: $(STAMP) $(wildcard models/memlora-tiny/adapters/*/manifest.json)
	rm -rf build/android
	$(BIN)/memlora quantize models/memlora-tiny --out build/android/base --scale-search mse
	$(BIN)/memlora export build/android/base --adapters models/memlora-tiny/adapters --out build/android/bundle \
		--target onnx --retrieve-k 3

build/android/seeing/said.json: build/android/bundle/manifest.json tests/bundles/seeing.py
	rm -rf build/android/seeing
	$(BIN)/python -m tests.bundles.seeing build/android/base build/android/seeing

# arm64 beside this processor, by qemu: the tokens of a bundle's goldens (BUNDLE=.. for another one; a real base takes half
# an hour for six calls: ASKED="--dialogue FILE" instead of the own conversation, DEADLINE seconds for an answer)
parity-arm64: BUNDLE ?= build/android/bundle
parity-arm64: DEADLINE ?= 1200
parity-arm64: $(STAMP)
	test -e $(BUNDLE)/manifest.json || $(MAKE) build/android/bundle/manifest.json
	OMP_NUM_THREADS=1 $(BIN)/memlora parity $(BUNDLE) --runner "tests/parity/arm64/python -m runtime_py.parity.runner" \
		--deadline $(DEADLINE) --keep build/parity-arm64.jsonl $(ASKED)

# every reader on changed files: a minute each, an hour each
fuzz-quick: $(STAMP)
	MEMLORA_FUZZ_SECONDS=60 $(BIN)/pytest -n 2 --dist worksteal tests/fuzz

fuzz: $(STAMP)
	MEMLORA_FUZZ_SECONDS=3600 $(BIN)/pytest -n 2 --dist worksteal tests/fuzz

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy models/memlora-tiny/*.py
	$(BIN)/lint-imports

# after a change of ExecuTorch kernels or of pinned versions: minutes
templates: $(STAMP)
	$(BIN)/memlora quantize models/memlora-tiny --out build/templates/base --scale-search mse
	$(BIN)/memlora base smollm2-135m --out build/templates/smollm2
	$(BIN)/memlora quantize build/templates/smollm2 --out build/templates/smollm2-base
	$(BIN)/python -m export.lowered.ship build/templates/base models/memlora-tiny/adapters \
		build/templates/smollm2-base models/smollm2-135m/adapters

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[export,dev]'
	touch $(STAMP)

# the pages of docs/ and the others that people read, as a site in build/site
site: $(STAMP)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[docs]'
	$(BIN)/python -m mkdocs build --strict

# the servers, what their tests call them with, a browser's driver, notebooks, the site, and what opens pictures
$(CALLED): $(STAMP) overrides.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt \
		--overrides overrides.txt -e '.[export,tower,vision,serve,mcp,clients,browser,langchain,notebooks,docs,ray,dev]'
	touch $(CALLED)

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
