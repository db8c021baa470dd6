# shellcheck shell=bash disable=SC2034,SC2154
# Node, which judges whether JavaScript gives our payloads back byte for byte and runs examples, and two packages, which
# are kept in cargo's target directory: the library of Standard Webhooks, and Express. Tests find Node as TEST_NODE, the
# packages in TEST_NODE_MODULES; setting these by hand uses others.

node_packages="standardwebhooks@1.1.1 express@5.2.1"

prepare_node() {
  if [ -n "${TEST_NODE:-}" ]; then
    is_node "$TEST_NODE" || die "TEST_NODE ($TEST_NODE) is not Node"
  else
    find_node || { is_required node && install_package nodejs && find_node; } || {
      reason="PATH has no node (Debian: apt install nodejs; macOS: brew install node)"
      return 1
    }
  fi
  export TEST_NODE
  prepare_node_packages
}

find_node() {
  TEST_NODE=$(command -v node) && is_node "$TEST_NODE" && return
  unset TEST_NODE
  return 1
}

is_node() { "$1" -e 'process.exit(process.versions.node ? 0 : 1)' >/dev/null 2>&1; }

prepare_node_packages() {
  local folder="$tools/node"
  if [ -n "${TEST_NODE_MODULES:-}" ]; then
    has_node_packages "$TEST_NODE_MODULES" || die "TEST_NODE_MODULES ($TEST_NODE_MODULES) does not have $node_packages"
  else
    has_node_packages "$folder/node_modules" || install_node_packages "$folder" || return 1
    TEST_NODE_MODULES="$folder/node_modules"
  fi
  export TEST_NODE_MODULES
}

has_node_packages() {
  # shellcheck disable=SC2086  # each is a word
  "$TEST_NODE" -e 'const [folder, ...wanted] = process.argv.slice(1);
const isThere = ([name, version]) => require(`${folder}/${name}/package.json`).version === version;
process.exit(wanted.map((word) => word.split("@")).every(isThere) ? 0 : 1)' "$1" $node_packages >/dev/null 2>&1
}

# Debian's Node comes without npm. It is installed only where the run would fail without it.
install_node_packages() {
  local log="$tools/node.log"
  has npm || { is_required node && install_package npm; } || {
    reason="PATH has no npm, which installs $node_packages (Debian: apt install npm); tests that need Node alone do run"
    return 1
  }
  if ! { mkdir -p "$1" && rm -rf "$1/node_modules"; } 2>/dev/null; then
    reason="$tools cannot be written"
    return 1
  fi
  say "installing $node_packages in $1"
  # shellcheck disable=SC2086  # each is a word
  if ! run npm install --prefix "$1" --no-save --no-audit --no-fund --ignore-scripts $node_packages >"$log" 2>&1; then
    reason="$node_packages could not be installed from the package registry, see $log; tests that need Node alone do run"
    return 1
  fi
}
