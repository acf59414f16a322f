# Two commands matter: `make run` and `make test`. Both first install what they need; a second time they start at once.

SHELL := /bin/bash
.DELETE_ON_ERROR:

STAMPS := .venv/stamps
NODE_TESTS = $(shell find web/test -name '*.test.js')
# Benchmarks are run as files and import each other so; the other folders are packages.
MYPY := MYPYPATH=benchmarks mypy --explicit-package-bases

# So that every recipe and script gets this project's Python, and its Node.js where the machine has none.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help
help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 22

.PHONY: run
run: install  ## install what is needed, then serve; options: make run ARGS="--port 9000"
	@exec facestream serve $(ARGS)

# What happens in a browser has the machine for itself; of all else three files are run at a time. 5: ARGS chose none of these tests.
.PHONY: test
test: install tools lint types  ## check everything: lint, types, Python tests, JavaScript tests
	PYTHONASYNCIODEBUG=1 pytest --ignore tests/browser --numprocesses 3 --no-loadscope-reorder $(ARGS) || [ $$? = 5 ]
	pytest tests/browser $(ARGS) || [ $$? = 5 ]
	node --test $(NODE_TESTS)

.PHONY: install
install: $(STAMPS)/run $(STAMPS)/web weights  ## install what running needs: packages, weights, browser libraries

.PHONY: weights
weights: $(STAMPS)/run node  ## install the model files that are missing, and check the others
	@python scripts/install_models.py

.PHONY: node
node: $(STAMPS)/run  ## install Node.js into .venv where the machine has none
	@scripts/install_node.sh

.PHONY: tools
tools: $(STAMPS)/dev  ## install what only the tests need: Chromium, ffmpeg, photos
	@scripts/install_test_tools.sh
	@python scripts/install_test_pictures.py

.PHONY: lint
lint: $(STAMPS)/dev  ## ruff: rules and format
	ruff check . && ruff format --check .

.PHONY: types
types: $(STAMPS)/dev  ## mypy, strict, of all Python code
	$(MYPY) facestream scripts benchmarks tests

.PHONY: format
format: $(STAMPS)/dev  ## let ruff mend what it can
	ruff check --fix . ; ruff format .

.PHONY: bench
bench: install  ## measure the speed on this machine; options: make bench ARGS="--video FILE"
	@facestream bench $(ARGS)

.PHONY: wheel
wheel: install $(STAMPS)/dev  ## build dist/: the wheel, which holds page and weights, and the sdist
	python -m build --no-isolation --outdir dist .

.PHONY: proof
proof: install tools  ## install that wheel in a fresh environment, and recognise through it; 1 GB is fetched
	scripts/verify_wheel.sh $(ARGS)

.PHONY: audit
audit: install $(STAMPS)/dev  ## ask PyPI's and npm's advisories about every locked package
	@python scripts/audit.py

.PHONY: licences
licences: $(STAMPS)/dev  ## write the list of packages with their licences anew
	@python scripts/third_party.py

.PHONY: image
image:  ## build the container image for a CPU: facestream:dev
	@scripts/container.sh build docker/Dockerfile facestream:dev

.PHONY: image-gpu
image-gpu:  ## build the one for an NVIDIA GPU, with 3 GB of CUDA: facestream:dev-gpu
	@scripts/container.sh build docker/Dockerfile.gpu facestream:dev-gpu

.PHONY: up
up:  ## serve in a container; options: make up ARGS="--profile gpu"
	@scripts/container.sh up $(ARGS)

.PHONY: notebook
notebook: install $(STAMPS)/notebook  ## open the notebook on thresholds in Jupyter
	jupyter lab notebooks/threshold_selection.ipynb

.PHONY: screenshots
screenshots: install tools  ## take the pictures of the README
	python scripts/screenshots.py

.PHONY: lock
lock:  ## resolve all Python requirements anew: scripts/lock/
	scripts/write_locks.sh

.PHONY: clean
clean:  ## remove all that make installed or wrote; the gallery stays
	rm -rf .venv dist web/node_modules web/vendor facestream/models .{mypy,pytest,ruff}_cache .hypothesis .coverage

# Each stamp says that a slow step was done with these inputs.
$(STAMPS)/venv: scripts/create_venv.sh
	@scripts/create_venv.sh && touch $@

$(STAMPS)/run $(STAMPS)/dev $(STAMPS)/notebook: $(STAMPS)/%: scripts/lock/%.txt pyproject.toml scripts/install_python.sh | $(STAMPS)/venv
	@scripts/install_python.sh $* && touch $@

$(STAMPS)/web: web/package.json web/package-lock.json web/vendor.mjs scripts/install_web.sh | node
	@scripts/install_web.sh && touch $@
