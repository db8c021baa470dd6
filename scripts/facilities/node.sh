# shellcheck shell=bash disable=SC2034,SC2154
# Node, which judges whether JavaScript gives our payloads back byte for byte, and the library of Standard Webhooks,
# which is kept in cargo's target directory. Tests find Node as TEST_NODE, the library in TEST_NODE_MODULES; setting
# these by hand uses others.

node_package=standardwebhooks
node_package_version=1.1.1

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
  prepare_node_package
}

find_node() {
  TEST_NODE=$(command -v node) && is_node "$TEST_NODE" && return
  unset TEST_NODE
  return 1
}

is_node() { "$1" -e 'process.exit(process.versions.node ? 0 : 1)' >/dev/null 2>&1; }

prepare_node_package() {
  local folder="$tools/node"
  if [ -n "${TEST_NODE_MODULES:-}" ]; then
    has_node_package "$TEST_NODE_MODULES" ||
      die "TEST_NODE_MODULES ($TEST_NODE_MODULES) has no $node_package $node_package_version"
  else
    has_node_package "$folder/node_modules" || install_node_package "$folder" || return 1
    TEST_NODE_MODULES="$folder/node_modules"
  fi
  export TEST_NODE_MODULES
}

has_node_package() {
  "$TEST_NODE" -e 'process.exit(require(process.argv[1]).version === process.argv[2] ? 0 : 1)' \
    "$1/$node_package/package.json" "$node_package_version" >/dev/null 2>&1
}

# Debian's Node comes without npm. It is installed only where the run would fail without it.
install_node_package() {
  local log="$tools/node.log"
  has npm || { is_required node && install_package npm; } || {
    reason="PATH has no npm, which installs $node_package (Debian: apt install npm); tests that need Node alone do run"
    return 1
  }
  if ! { mkdir -p "$1" && rm -rf "$1/node_modules"; } 2>/dev/null; then
    reason="$tools cannot be written"
    return 1
  fi
  say "installing $node_package $node_package_version in $1"
  if ! run npm install --prefix "$1" --no-save --no-audit --no-fund --ignore-scripts \
    "$node_package@$node_package_version" >"$log" 2>&1; then
    reason="$node_package could not be installed from the package registry, see $log; tests that need Node alone do run"
    return 1
  fi
}
