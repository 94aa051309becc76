# Every target installs what it needs by itself.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: setup run demo test proof bench peers build lint

setup: $(READY)

$(READY): requirements.lock pyproject.toml scripts/system-packages
	@scripts/system-packages setup
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

run: setup
	@scripts/system-packages run
	@if [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  echo "Máy này không có màn hình. Hãy dùng: make demo"; exit 1; fi
	@$(BIN)/counter-app --sample

demo: setup
	@scripts/system-packages demo
	@$(BIN)/python -m counter_app.demo

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

test: setup
	@scripts/system-packages test
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -q -n 2 --dist loadscope

proof: setup
	@scripts/system-packages test
	@$(BIN)/python -m pytest -q -m proof

bench: setup
	@scripts/system-packages test
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks peers --rounds 1

peers: setup
	@scripts/system-packages test
	@$(BIN)/python -m benchmarks peers

build: setup
	@scripts/system-packages test
	@$(BIN)/pyinstaller --noconfirm --log-level WARN build.spec
	@dist/mot-cua/counter-tool --self-check
