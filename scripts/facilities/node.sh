# shellcheck shell=bash disable=SC2034,SC2154
# Node, which judges whether JavaScript gives our payloads back byte for byte. Tests find it as TEST_NODE; setting that
# by hand uses another one.

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
}

find_node() {
  TEST_NODE=$(command -v node) && is_node "$TEST_NODE" && return
  unset TEST_NODE
  return 1
}

is_node() { "$1" -e 'process.exit(process.versions.node ? 0 : 1)' >/dev/null 2>&1; }
