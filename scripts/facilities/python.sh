# shellcheck shell=bash disable=SC2034,SC2154
# Python with the packages that judge our OpenAPI document and our signatures and run examples, in an environment of its own
# that is kept in cargo's target directory. Tests find its interpreter as TEST_PYTHON; setting that by hand uses another one.

python_packages="openapi-spec-validator==0.9.0 standardwebhooks==1.1.0 fastapi==0.165.0 uvicorn==0.54.0"

prepare_python() {
  local environment="$tools/python"
  if [ -n "${TEST_PYTHON:-}" ]; then
    has_packages "$TEST_PYTHON" || die "TEST_PYTHON ($TEST_PYTHON) does not have $python_packages"
  else
    has_packages "$environment/bin/python" || create_environment "$environment" || return 1
    TEST_PYTHON="$environment/bin/python"
  fi
  export TEST_PYTHON
}

has_packages() {
  # shellcheck disable=SC2086  # each is a word
  "$1" -c 'import sys, importlib.metadata as m
wanted = (package.split("==") for package in sys.argv[1:])
sys.exit(any(m.version(name) != version for name, version in wanted))' $python_packages >/dev/null 2>&1
}

create_environment() {
  local log="$tools/python.log"
  if ! { mkdir -p "$tools" && rm -rf "$1"; } 2>/dev/null; then
    reason="$tools cannot be written"
    return 1
  fi
  say "making a Python environment with $python_packages in $1"
  if ! make_venv "$1" "$log"; then
    reason="there is no python3 that can make an environment (Debian: apt install python3-venv), see $log"
    return 1
  fi
  # shellcheck disable=SC2086  # each is a word
  if ! run "$1/bin/python" -m pip install --quiet --retries 2 $python_packages >>"$log" 2>&1; then
    reason="$python_packages could not be installed from the package registry, see $log"
    return 1
  fi
}

# A system's Python often comes without `venv`. It is installed only where the run would fail without it.
make_venv() {
  run python3 -m venv "$1" >"$2" 2>&1 && return
  is_required python && install_package python3-venv && run python3 -m venv "$1" >>"$2" 2>&1
}
