# shellcheck shell=bash disable=SC2034,SC2154
# Chromium and its driver, by which tests look at the dashboard as people do, and axe-core, which judges whether
# everybody can, kept in cargo's target directory. Tests find them as TEST_CHROMIUM, TEST_CHROMEDRIVER and TEST_AXE;
# setting these by hand uses others.

axe_version=4.14.1
axe_sha512=1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b734f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5

prepare_chromium() {
  find_chromium || { is_required chromium && install_chromium && find_chromium; } || {
    reason="PATH has no chromium with chromedriver (Debian: apt install chromium chromium-driver)"
    return 1
  }
  export TEST_CHROMIUM TEST_CHROMEDRIVER
  prepare_axe
}

install_chromium() { install_package chromium && install_package chromium-driver; }

find_chromium() {
  TEST_CHROMIUM=${TEST_CHROMIUM:-$(first_of chromium chromium-browser google-chrome)} &&
    TEST_CHROMEDRIVER=${TEST_CHROMEDRIVER:-$(first_of chromedriver chromium.chromedriver)} &&
    "$TEST_CHROMEDRIVER" --version >/dev/null 2>&1 && return
  unset TEST_CHROMIUM TEST_CHROMEDRIVER
  return 1
}

first_of() {
  local name
  for name in "$@"; do command -v "$name" && return; done
  return 1
}

# A browser says by itself what of a page its user cannot read; axe-core knows far more.
prepare_axe() {
  local folder="$tools/axe-$axe_version"
  if [ -z "${TEST_AXE:-}" ]; then
    TEST_AXE="$folder/axe.min.js"
    [ -f "$TEST_AXE" ] || fetch_axe "$folder" || {
      unset TEST_AXE
      reason="axe-core $axe_version could not be fetched from the package registry; tests that need a browser alone do run"
      return 1
    }
  fi
  export TEST_AXE
}

fetch_axe() {
  local archive="$1.tgz"
  has curl && has sha512sum && mkdir -p "$1" || return 1
  say "fetching axe-core $axe_version"
  run curl --silent --fail --location --max-time 60 --output "$archive" \
    "https://registry.npmjs.org/axe-core/-/axe-core-$axe_version.tgz" || return 1
  printf '%s  %s\n' "$axe_sha512" "$archive" | sha512sum --check --status || {
    say "axe-core is not what it should be"
    return 1
  }
  tar -xzf "$archive" -C "$1" --strip-components=1 package/axe.min.js
}
