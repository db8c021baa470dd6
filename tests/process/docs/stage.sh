# What every page begins with: the helpers that its placeholders and its programs need.
set -eu
trap 'trap "" TERM; kill -TERM 0; wait' EXIT

# A refusal is a failure, whatever curl itself thinks of it.
curl() { command curl --silent --show-error --fail-with-body "$@"; }

# start KIND READY: runs the command on standard input, beside, until it has said READY. A second server takes the
# place of the first, as the folder and the port are the same.
start() {
  local kind=$1 ready=$2 line command
  command=$(cat)
  if [ "$kind" = server ] && [ -n "${server:-}" ]; then
    kill -TERM "$server"
    wait "$server_said" || true
  fi
  exec {said}< <(eval "exec env $command" 2>&1)
  local process=$!
  : >"$kind.log"
  while IFS= read -r line <&"$said"; do
    printf '%s\n' "$line" >>"$kind.log"
    case $line in *"$ready"*) break ;; esac
  done
  grep -qF -- "$ready" "$kind.log" || { cat "$kind.log" >&2; return 1; }
  cat <&"$said" >>"$kind.log" &
  if [ "$kind" = server ]; then server=$process server_said=$!; fi
  if [ "$kind" = listener ]; then grep -o 'whsec_[A-Za-z0-9+/=]*' listener.log | head -n 1 >whsec; fi
}

admin_key() { grep -o 'rbk_[A-Za-z0-9_-]*' server.log | head -n 1; }

# first PREFIX PATH: the first id of a kind in a list.
first() { command curl --silent --fail "$BASE$2" | grep -o "\"$1[0-9a-f-]\{36\}\"" | head -n 1 | tr -d '"'; }
