# What GitHub's Markdown has and Doxygen 1.9 lacks: formulas in dollars, links between pages, hoverable pictures.
# A filter of Doxygen, run at the top of the tree.

function directory(path) { return match(path, /.*\//) ? substr(path, 1, RLENGTH) : "" }

function without_detours(path) {
  while (match(path, /[^\/.]+\/\.\.\//)) path = substr(path, 1, RSTART - 1) substr(path, RSTART + RLENGTH)
  return path
}

# What a page is called, and a heading of it as in GitHub's links.
function page_id(path) {
  sub(/\.md$/, "", path)
  gsub(/[^A-Za-z0-9]/, "_", path)
  return path == "README" ? "index" : path
}
function slug(heading) {
  heading = tolower(heading)
  gsub(/[^a-z0-9 _-]/, "", heading)
  gsub(/ /, "-", heading)
  return heading
}

# [text](target), where the target is in the tree.
function link(text, target,    path, anchor) {
  if (target ~ /^[a-z]+:/) return "[" text "](" target ")"
  if (match(target, /#.*/)) {
    anchor = "_" substr(target, RSTART + 1)
    target = substr(target, 1, RSTART - 1)
  }
  path = target == "" ? page : without_detours(directory(page) target)
  if (path ~ /\.md$/) {
    if (page == "docs/tutorial/README.md" && !named[path]++) return "@subpage " page_id(path) " \"" text "\""
    return "[" text "](@ref " page_id(path) anchor ")"
  }
  return path ~ /\.hpp$/ ? "[" text "](@ref xtape/" path ")" : "[" text "](" path ")"
}

# An object, unlike an image, shows what is under the pointer. The site has all pictures in one folder.
function picture(text, target) {
  sub(/^.*pictures\//, "pictures/", target)
  return "@htmlonly<object type=\"image/svg+xml\" data=\"" target "\" aria-label=\"" text "\"></object>@endhtmlonly"
}

function with_links(text,    out, before, label, target) {
  while (match(text, /!?\[[^]]*\]\([^) ]+\)/)) {
    before = substr(text, 1, RSTART - 1)
    label = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    target = label
    sub(/.*\]\(/, "", target)
    sub(/\)$/, "", target)
    sub(/\]\([^) ]+\)$/, "", label)
    out = out before (sub(/^!\[/, "", label) ? picture(label, target) : link(substr(label, 2), target))
  }
  return out text
}

function with_formulas(text,    out, formula) {
  while (match(text, /\$\$[^$]+\$\$|\$[^$]+\$/)) {
    formula = substr(text, RSTART, RLENGTH)
    out = out substr(text, 1, RSTART - 1)
    text = substr(text, RSTART + RLENGTH)
    if (sub(/^\$\$/, "", formula)) out = out "\\f[" substr(formula, 1, length(formula) - 2) "\\f]"
    else out = out "\\f$" substr(formula, 2, length(formula) - 2) "\\f$"
  }
  return out text
}

# Formulas everywhere but in `code`; links may hold code.
function converted(text,    parts, count, i, out) {
  count = split(with_links(text), parts, /`/)
  for (i = 1; i <= count; ++i) out = out (i > 1 ? "`" : "") (i % 2 ? with_formulas(parts[i]) : parts[i])
  return out
}

FNR == 1 {
  page = FILENAME
  if (index(page, ENVIRON["PWD"] "/") == 1) page = substr(page, length(ENVIRON["PWD"]) + 2)
}
/^```/ { fenced = !fenced; print; next }
fenced { print; next }
/^\$\$ *$/ { display = !display; print display ? "\\f[" : "\\f]"; next }
display { print; next }
/^    / && (blank || indented) { indented = 1; print; next }
{ blank = $0 == ""; if (!blank) indented = 0 }
/^#+ / {
  title = $0
  sub(/^#+ /, "", title)
  if (/^# [0-9]+\. /) sub(/\. /, ".\302\240")  # no-break space: a title, not the first entry of a list
  if (/^# /) print converted($0) " {#" (page == "README.md" ? "mainpage" : page_id(page)) "}"
  else print converted($0) " {#" page_id(page) "_" slug(title) "}"
  next
}
{ print converted($0) }
