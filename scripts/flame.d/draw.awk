# Draws folded stacks, sorted, as a flame graph: a bar is as wide as its share of the time, and stands on who called it.
# Where a browser shows it, a bar tells its whole name under the mouse.

BEGIN { WIDTH = 1200; ROW = 17; SIDE = 10; HEAD = 40; LEAST = 2.4; deepest = 0; at = 0; open_frames = 0 }

function clean(text) {
  gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
  return text
}

# Those that the next stack does not share end here, the innermost first.
function close_down_to(kept) {
  for (; open_frames > kept; open_frames--) {
    bars++
    bar_from[bars] = began[open_frames]; bar_to[bars] = at
    bar_row[bars] = open_frames; bar_name[bars] = stack[open_frames]
  }
}

{
  count = $NF
  sub(/ [0-9]+$/, "")
  frames = split($0, now, ";")
  kept = 0
  while (kept < frames && kept < open_frames && stack[kept + 1] == now[kept + 1]) kept++
  close_down_to(kept)
  for (; open_frames < frames;) { open_frames++; stack[open_frames] = now[open_frames]; began[open_frames] = at }
  at += count
}

# A warm colour that is always the same for the same name.
function colour(name,    sum, i) {
  for (i = 1; i <= length(name); i += 3) sum = (sum * 31 + index("abcdefghijklmnopqrstuvwxyz_:", substr(name, i, 1))) % 997
  return sprintf("rgb(%d,%d,%d)", 205 + sum % 50, 90 + sum % 131, sum % 61)
}

END {
  close_down_to(0)
  if (at == 0) { print "nothing was recorded" >"/dev/stderr"; exit 1 }
  scale = (WIDTH - 2 * SIDE) / at
  # What is too thin to be seen is left out, and makes nothing higher.
  for (bar = 1; bar <= bars; bar++)
    if ((bar_to[bar] - bar_from[bar]) * scale >= LEAST && bar_row[bar] > deepest) deepest = bar_row[bar]
  height = HEAD + (deepest + 1) * ROW
  printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"monospace\" font-size=\"11\">\n", WIDTH, height
  printf "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
  printf "<text x=\"%d\" y=\"24\" font-size=\"15\">%s (%d samples)</text>\n", SIDE, clean(title), at
  for (bar = 1; bar <= bars; bar++) {
    wide = (bar_to[bar] - bar_from[bar]) * scale
    if (wide < LEAST) continue
    x = SIDE + bar_from[bar] * scale
    y = height - bar_row[bar] * ROW - ROW / 2
    share = 100 * (bar_to[bar] - bar_from[bar]) / at
    printf "<g><title>%s: %.1f %%</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", clean(bar_name[bar]), share, x, y, wide, ROW - 1, colour(bar_name[bar])
    letters = int(wide / 6.7)
    if (letters >= 4) printf "<text x=\"%.1f\" y=\"%.1f\">%s</text>", x + 2, y + 12, clean(substr(bar_name[bar], 1, letters))
    printf "</g>\n"
  }
  print "</svg>"
}
