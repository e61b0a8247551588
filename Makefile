# make run     set up, evolve the paper's case, leave a dataset and two figures under runs/
# make test    set up, then check style, layers, types and behaviour
# make slow    the tests that take minutes
# make validation   the physics against exact and independent results, into studies/validation.md
# make campaign   kills, faults of the system, damaged inputs: nothing lost, into studies/campaign.md
# make claims  three papers, claim by claim, into studies/claims*.md (an hour; what is computed is kept)
# make docs    guide, reference, tutorials and gallery as pages, into build/docs
# make clean   remove the environment and caches; runs/ is kept

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
# neighbours stay in one process, which makes what they share once, until the other has none left
TWO_PROCESSES := -n 2 --dist worksteal

# the first interpreter that is new enough; PYTHON=... chooses another
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)

.PHONY: run test slow validation campaign claims docs clean system

run: $(STAMP)
	@mkdir -p runs
	$(BIN)/spectralcmi run --output runs/paper.nc
	$(BIN)/spectralcmi plot runs/paper.nc energies --output runs/fig2.png --overwrite
	$(BIN)/spectralcmi plot runs/paper.nc spectra --output runs/fig3.png --overwrite

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(ONE_THREAD) $(BIN)/python -m pytest $(TWO_PROCESSES)

slow: $(STAMP)
	$(ONE_THREAD) $(BIN)/python -m pytest -m slow

validation: $(STAMP)
	$(ONE_THREAD) $(BIN)/python -m pytest tests/validation -m "slow or not slow" --table studies/validation.md

campaign: $(STAMP)
	$(BIN)/python -m tests.campaign --table studies/campaign.md

claims: $(STAMP)
	$(BIN)/spectralcmi reproduce --table studies/claims.md --overwrite
	for paper in 2505.06196 2605.08068; do \
		$(BIN)/spectralcmi reproduce --paper $$paper --table studies/claims_$$paper.md --overwrite; \
	done

docs: $(VENV)/.docs
	@echo "building build/docs (a minute or two: the tutorials are run)"
	@$(BIN)/sphinx-build -E -W --keep-going -q -d build/doctrees -c studies/guide . build/docs
	@echo "build/docs/index.html"

$(VENV)/.docs: $(STAMP)
	@$(BIN)/python -m pip install -qq -e ".[docs]"
	@touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# installed again only when pyproject.toml changed; no CUDA_PATH: shtns would build for a GPU
$(STAMP): pyproject.toml
	@$(MAKE) --no-print-directory system PYTHON="$(PYTHON)"
	@echo "setting up $(VENV) (a few minutes: shtns is compiled for this machine)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --upgrade pip
	@CUDA_PATH= $(BIN)/python -m pip install -qq -e ".[test]"
	@touch $@

# What PyPI does not bring: FFTW, and what shtns is compiled with. Each is looked for first, so
# that nothing is installed where everything is there.
HAS_VENV = $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null
HAS_HEADERS = test -f "$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h"
HAS_COMPILER = command -v cc >/dev/null 2>&1
HAS_FFTW = folder=$$(mktemp -d) && echo 'int main(void) { return 0; }' > $$folder/a.c && \
	cc $$folder/a.c -o $$folder/a -L/opt/homebrew/lib -L/usr/local/lib -lfftw3 2>/dev/null; \
	found=$$?; rm -rf "$$folder"; test $$found = 0
VERSION = $$($(PYTHON) -c 'import sys; print("python%d.%d" % sys.version_info[:2])')

system:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
		echo "spectralcmi needs Python 3.11 or newer, and found none. Install it" >&2; \
		echo "(apt-get install python3, or brew install python), or name one:" >&2; \
		echo "make PYTHON=/path/to/python3" >&2; exit 1; }
	@needed=; \
	$(HAS_VENV) || needed="$$needed $(VERSION)-venv"; \
	$(HAS_HEADERS) || needed="$$needed $(VERSION)-dev"; \
	$(HAS_COMPILER) || needed="$$needed build-essential"; \
	{ $(HAS_FFTW); } || needed="$$needed libfftw3-dev"; \
	test -n "$$needed" || exit 0; \
	if command -v brew >/dev/null 2>&1; then \
		echo "installing FFTW by brew"; \
		brew install fftw && exit 0; \
		echo "brew could not install fftw" >&2; exit 1; \
	fi; \
	if ! command -v apt-get >/dev/null 2>&1; then \
		echo "Missing, and neither apt-get nor brew is here to install it. Debian's names:" >&2; \
		echo "   $$needed" >&2; exit 1; \
	fi; \
	if test "$$(id -u)" = 0; then as_root=env; else as_root="sudo env"; fi; \
	if test "$$as_root" != env && ! command -v sudo >/dev/null 2>&1; then \
		echo "Please have an administrator run: apt-get install$$needed" >&2; exit 1; \
	fi; \
	echo "installing by apt-get:$$needed"; \
	$$as_root apt-get update -qq; \
	$$as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$needed >/dev/null || { \
		echo "apt-get could not install:$$needed" >&2; exit 1; }
