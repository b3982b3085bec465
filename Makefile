# Two commands are enough: `make lab` to work through the course, `make test` to check all of it.
SHELL = /bin/sh
BIN = .venv/bin
# Three workers for two cores: each waits for kernels and browsers part of its time. The longest files come first, see tests/conftest.py.
PYTEST = NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder
HANGS = 900  # seconds after which a cell is given up; no test passes or fails by the clock

# Several lessons or tests run at a time: one computing thread each keeps them out of each other's way.
ONE_THREAD_EACH = OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
export JUPYTER_PREFER_ENV_PATH = 1
# Empty: compiled modules are kept. Where the environment forbids it, every lesson would compile TensorFlow anew, some 8 s each.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help lab demo test retry unit course notebooks slides site bench class hub graders

help:
	@echo "make lab        set up, then open lesson 00 in JupyterLab"
	@echo "make demo       set up, then show the interactive figures in class, without code"
	@echo "make test       set up, then run every test, both editions of every lesson included"
	@echo "make retry      try every sentence of the ledger again with a seed of today's (make retry SEED=7001 for another)"
	@echo "make unit       run the tests that need no browser, notebook or training, about 2 minutes"
	@echo "make course     run all lessons, two at a time, and print what each took"
	@echo "make notebooks  rebuild both editions of the lessons from solutions/*.py"
	@echo "make slides     make slides of the executed lessons, with notes for the speaker: build/slides"
	@echo "make site       make a site of the executed lessons that reads offline: build/site"
	@echo "make bench      measure speed: ours against the bare network and against peers"
	@echo "make class      mark a made-up class of 200, twenty of them hostile, and compare with what they must get"
	@echo "make hub        for a class on one server: JupyterHub in .venv-hub; hosting/README.md has the rest"
	@echo "make graders    nbgrader in .venv-nbgrader and otter-grader in .venv-otter; hosting/README.md says what for"

lab: .venv/ready
	$(BIN)/xailab lab

demo: .venv/ready
	$(BIN)/xailab demo

test: .venv/ready
	@echo "About 15 minutes on two idle cores, over 25 on one; the ten slowest tests are named at the end."
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(ONE_THREAD_EACH) $(PYTEST) --durations=10 --nbval-lax --nbval-cell-timeout $(HANGS) --nbval-kernel-startup-timeout $(HANGS) tests solutions

# What opens a browser, runs notebooks, trains what a lesson trains, builds the wheel or runs benchmarks.
LONG = $(wildcard tests/lessons/test_lesson_*.py) tests/lessons/test_student_edition.py tests/hosting \
       $(addprefix tests/teach/test_,lab.py demo_pages.py site.py slides.py) $(addprefix tests/marking/test_,grade.py export_nbgrader.py) \
       tests/test_wheel.py tests/test_benchmarks.py

unit: .venv/ready
	$(ONE_THREAD_EACH) $(PYTEST) --durations=8 tests $(addprefix --ignore ,$(LONG))

retry: .venv/ready
	$(ONE_THREAD_EACH) $(BIN)/python -m course.author.retry $(if $(SEED),--seed $(SEED))

course: .venv/ready
	$(ONE_THREAD_EACH) $(BIN)/xailab run

notebooks: .venv/ready
	$(BIN)/python -m course.author.build

slides: .venv/ready
	$(BIN)/xailab slides

site: .venv/ready
	$(BIN)/xailab site

bench: .venv/ready
	cd tests && ../$(BIN)/python -m benchmarks

class: .venv/ready
	$(BIN)/python tests/marking/class_of_200.py

hub: .venv-hub/ready
	@echo "Compiling what students may read but not write"
	@$(BIN)/python -m compileall -q .venv/lib .venv-hub/lib xailab course >/dev/null || true  # some packages ship Python 2

graders: .venv-nbgrader/ready .venv-otter/ready

# Environments beside the students' own. Their kernel is the course's, but otter-grader's own packages come before the course's.
.venv-%/ready: hosting/%.lock .venv/ready
	$(BIN)/python -m venv --clear --without-pip .venv-$*
	$(BIN)/uv pip install -q --python .venv-$*/bin/python --require-hashes -r $<
	@set -e; \
	kernel=$(BIN)/python; \
	if [ $* = otter ]; then \
	  kernel=.venv-otter/bin/python; \
	  path='import sysconfig; print(sysconfig.get_path("purelib"))'; \
	  echo "import site; site.addsitedir('$$($(BIN)/python -c "$$path")')" > "$$($$kernel -c "$$path")/course.pth"; \
	fi; \
	$$kernel -m ipykernel install --prefix .venv-$* --name python3 --display-name "Python 3 (ipykernel)" 2>/dev/null; \
	touch $@

# The stamp is written last: an interrupted set-up is taken up again by the next call. Of what uv and pip say, `told` leaves what is
# being fetched and what went wrong, without the host that it comes from.
.venv/ready: requirements.lock pyproject.toml
	@set -e; \
	for python in python3.11 python3.12 python3.13 python3; do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "The course needs Python 3.11, 3.12 or 3.13 with venv and pip; none was found. Install one, then call make again."; exit 1; \
	fi; \
	if [ ! -x $(BIN)/python ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  echo "1/3  Making .venv with $$found"; $$found -m venv --clear .venv; \
	fi; \
	echo "2/3  Installing the packages of requirements.lock: about 2 GB, some minutes the first time"; \
	told() { \
	  while IFS= read -r line; do \
	    case "$$line" in \
	      " + "*|" - "*|" ~ "*|" Downloaded"*|*"Built "*|"Using Python"*|"Looking in"*|Requirement*|Ignoring*|"  "[DU]*|Installing*|Successfully*) ;; \
	      *://*) echo "     $$line" | sed 's|://[^/ ]*|://…|g' ;; \
	      *) echo "     $$line" ;; \
	    esac; \
	  done; \
	}; \
	rm -f .venv/filled; \
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock; \
	{ $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock && \
	  $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
	  touch .venv/filled; } 2>&1 | told; \
	if [ ! -e .venv/filled ]; then \
	  echo "     uv did not manage; pip takes over, which is slower"; \
	  { $(BIN)/python -m pip install --progress-bar off --disable-pip-version-check --require-hashes -r requirements.lock && \
	    touch .venv/filled; } 2>&1 | told; \
	  [ -e .venv/filled ]; \
	fi; \
	echo "3/3  Adding the course's own package"; \
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .; \
	touch .venv/ready; \
	echo "Ready."
