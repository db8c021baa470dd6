# shellcheck shell=bash disable=SC2034,SC2154
# Redis, which replicas may share as a cache. Tests start servers of their own, and end them in mid-sentence; they find
# the program as TEST_REDIS_SERVER. Setting that by hand uses another one.

prepare_redis() {
  if [ -n "${TEST_REDIS_SERVER:-}" ]; then
    is_redis "$TEST_REDIS_SERVER" || die "TEST_REDIS_SERVER ($TEST_REDIS_SERVER) is not redis-server"
  else
    find_redis || { install_package redis-server && stop_packaged_redis && find_redis; } || {
      reason="PATH has no redis-server (Debian: apt install redis-server; macOS: brew install redis)"
      return 1
    }
  fi
  export TEST_REDIS_SERVER
}

find_redis() {
  TEST_REDIS_SERVER=$(command -v redis-server) && is_redis "$TEST_REDIS_SERVER" && return
  unset TEST_REDIS_SERVER
  return 1
}

is_redis() { "$1" --version 2>/dev/null | grep -q 'Redis server'; }

# Debian starts a server of its own when the package is installed. Only the program was wanted.
stop_packaged_redis() {
  service redis-server stop >/dev/null 2>&1 || true
}
