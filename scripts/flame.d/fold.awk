# Folds what `perf script -F comm,ip,sym` tells into a line a stack, from the outside in, with how often it was seen:
#
#   tokio-rt-worker;start_thread;main;read 42
#
# Frames without a name that follow one another are one, for they say nothing. Rust's names lose their hash, and what they are generic over, so that a name is short enough to be read.

function short(name,    before) {
  sub(/\+0x[0-9a-f]+$/, "", name)
  if (match(name, /::h[0-9a-f]+$/) && RLENGTH == 19) name = substr(name, 1, RSTART - 1)
  do { before = name; gsub(/<[^<>]*>/, "", name) } while (name != before)
  gsub(/;/, ":", name)
  sub(/^::/, "", name)
  return name == "" ? "?" : name
}

function end(    at, stack) {
  if (depth == 0) { thread = ""; return }
  stack = thread
  for (at = depth; at >= 1; at--)
    if (frames[at] != "[unknown]" || frames[at + 1] != frames[at]) stack = stack ";" frames[at]
  delete frames
  seen[stack]++
  depth = 0
  thread = ""
}

/^[ \t]*$/ { end(); next }
thread == "" { sub(/^[ \t]+/, ""); sub(/[ \t]+$/, ""); thread = $0; next }
{ sub(/^[ \t]*[0-9a-f]+[ \t]*/, ""); frames[++depth] = short($0) }
END { end(); for (stack in seen) print stack, seen[stack] }
