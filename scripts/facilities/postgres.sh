# shellcheck shell=bash disable=SC2034,SC2154
# PostgreSQL: a private server in a new directory below /tmp (a short path, because a socket's may have 107 bytes at
# most), on the loopback interface and a free port, with a password of its own. It is gone when the tests are. Setting
# TEST_DATABASE_URL by hand tests on that server instead.

postgres_home=      # the new directory
postgres_bin=       # where initdb and pg_ctl are
postgres_user=      # who runs the server where we are root, which PostgreSQL refuses to be

prepare_postgres() {
  if [ -n "$given_url" ]; then postgres_url=$given_url; return; fi
  find_postgres || { install_package postgresql && stop_packaged_postgres && find_postgres; } || {
    reason="neither PATH nor the usual places have initdb and pg_ctl (Debian: apt install postgresql; macOS: brew install postgresql)"
    return 1
  }
  if is_root; then
    postgres_user=$(id -un postgres 2>/dev/null || echo nobody)
  fi
  postgres_home=$(mktemp -d /tmp/ringback-postgres.XXXXXX) || die "no directory for PostgreSQL could be made in /tmp"
  at_exit="stop_postgres $at_exit"
  create_postgres
  start_postgres
}

find_postgres() {
  local directory
  for directory in "$(dirname "$(command -v initdb || echo /nowhere/initdb)")" \
    /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
    if [ -x "$directory/initdb" ] && [ -x "$directory/pg_ctl" ]; then postgres_bin=$directory; return; fi
  done
  return 1
}

# Debian starts a server of its own when the package is installed. Only the programs were wanted.
stop_packaged_postgres() {
  service postgresql stop >/dev/null 2>&1 || true
}

as_postgres_user() {
  if ! is_root; then
    "$@"
  elif has runuser; then
    runuser -u "$postgres_user" -- "$@"
  elif has setpriv; then
    setpriv --reuid="$postgres_user" --regid="$(id -g "$postgres_user")" --clear-groups "$@"
  else
    su -s /bin/sh "$postgres_user" -c "$(printf '%q ' "$@")"
  fi
}

# `initdb` and `pg_ctl`, run from a directory that the server's user may enter.
postgres_tool() { (cd / && as_postgres_user "$postgres_bin/$1" -D "$postgres_home/data" "${@:2}"); }

create_postgres() {
  postgres_password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && printf '%s\n' "$postgres_password" >"$postgres_home/password" && : >"$postgres_home/log")
  if is_root; then chown -R "$postgres_user" "$postgres_home"; fi
  postgres_tool initdb --username=postgres --pwfile="$postgres_home/password" --auth=password \
    --encoding=UTF8 --locale=C --no-sync >"$postgres_home/initdb" 2>&1 ||
    { cat "$postgres_home/initdb" >&2; die "initdb failed, see above"; }
  # A test's database may vanish with the power, so nothing waits for the disk. `synchronous_commit` stays as the
  # service needs it: it costs nothing here.
  printf '%s\n' >>"$postgres_home/data/postgresql.conf" \
    "listen_addresses = '127.0.0.1'" "unix_socket_directories = '$postgres_home'" "max_connections = 300" \
    "fsync = off" "full_page_writes = off" "synchronous_commit = on"
}

# Ports below the range from which systems hand out their own. A port that somebody has taken is found out by trying.
start_postgres() {
  local port try
  for try in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if postgres_tool pg_ctl start --silent --wait --timeout=60 --log="$postgres_home/log" --options="-p $port" >/dev/null 2>&1; then
      postgres_url="postgres://postgres:$postgres_password@127.0.0.1:$port/postgres"
      say "PostgreSQL runs on port $port ($postgres_bin, in $postgres_home)"
      return
    fi
    grep -q 'Address already in use' "$postgres_home/log" || break
  done
  show_postgres_log
  die "PostgreSQL did not start (attempt $try), see above"
}

show_postgres_log() {
  [ -n "$postgres_home" ] || return 0
  say "the end of PostgreSQL's log:"
  tail -n 60 "$postgres_home/log" >&2
}

stop_postgres() {
  if [ -f "$postgres_home/data/postmaster.pid" ]; then
    postgres_tool pg_ctl stop --silent --mode=immediate >/dev/null 2>&1 || say "PostgreSQL in $postgres_home did not stop"
  fi
  rm -rf "$postgres_home"
}
