# shellcheck shell=bash disable=SC2034,SC2154
# Python with the package that judges our OpenAPI document, in an environment of its own that is kept in cargo's target
# directory. Tests find its interpreter as TEST_PYTHON; setting that by hand uses another one.

python_package=openapi-spec-validator
python_package_version=0.9.0

prepare_python() {
  local environment="$tools/python"
  if [ -n "${TEST_PYTHON:-}" ]; then
    has_validator "$TEST_PYTHON" || die "TEST_PYTHON ($TEST_PYTHON) has no $python_package $python_package_version"
  else
    has_validator "$environment/bin/python" || create_environment "$environment" || return 1
    TEST_PYTHON="$environment/bin/python"
  fi
  export TEST_PYTHON
}

has_validator() {
  "$1" -c 'import sys, importlib.metadata as m; sys.exit(m.version(sys.argv[1]) != sys.argv[2])' \
    "$python_package" "$python_package_version" >/dev/null 2>&1
}

create_environment() {
  local log="$tools/python.log"
  if ! { mkdir -p "$tools" && rm -rf "$1"; } 2>/dev/null; then
    reason="$tools cannot be written"
    return 1
  fi
  say "making a Python environment with $python_package $python_package_version in $1"
  if ! make_venv "$1" "$log"; then
    reason="there is no python3 that can make an environment (Debian: apt install python3-venv), see $log"
    return 1
  fi
  if ! run "$1/bin/python" -m pip install --quiet --retries 2 "$python_package==$python_package_version" >>"$log" 2>&1; then
    reason="$python_package could not be installed from the package registry, see $log"
    return 1
  fi
}

# A system's Python often comes without `venv`. It is installed only where the run would fail without it.
make_venv() {
  run python3 -m venv "$1" >"$2" 2>&1 && return
  is_required python && install_package python3-venv && run python3 -m venv "$1" >>"$2" 2>&1
}
