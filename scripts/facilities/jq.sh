# shellcheck shell=bash disable=SC2034,SC2154
# jq and curl, of which the tasks of the example for Kestra are made. Tests find jq as TEST_JQ and take both from PATH.

prepare_jq() {
  local program
  for program in jq curl; do
    has "$program" || { is_required jq && install_package "$program" && has "$program"; } || {
      reason="PATH has no $program (Debian: apt install $program; macOS: brew install $program)"
      return 1
    }
  done
  TEST_JQ=$(command -v jq)
  export TEST_JQ
}
