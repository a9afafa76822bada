# Reads the YAML that cloud-init documents are written in: block mappings and sequences with plain, quoted, folded and
# literal scalars and flow lists; no anchors, tags or nested flows. Prints `path<TAB>value` for top-level scalars and list
# items; keys under `users` appear as ssh_authorized_keys. With -v commands=DIR each runcmd becomes a script DIR/001 …
{
  sub(/\r$/, "")
  lines[NR] = $0
}
END {
  at = 1
  while (at <= NR) {
    line = lines[at]
    if (line ~ /^ *(#|$)/ || line ~ /^---/ || line ~ /^\.\.\./) {
      at++
      continue
    }
    match(line, /^ */)
    indent = RLENGTH
    body = substr(line, indent + 1)
    if (body ~ /^-( |$)/) item()
    else if (match(body, /^[A-Za-z0-9_.-]+:( |$)/)) member()
    else at++
  }
}

# `- something`: of the open list, or a user.
function item() {
  if (section == "users" && (list == "" || indent < list_indent)) {
    list = ""
    lines[at] = blanks(indent) " " substr(body, 2)
    if (lines[at] !~ /:( |$)/) at++
    return
  }
  sub(/^- */, "", body)
  more()
  if (list != "") emit(list, count++)
}

# `key: something`: top-level ones count, and the keys of users.
function member(    key) {
  key = body
  sub(/:.*/, "", key)
  sub(/^[^:]*: */, "", body)
  if (indent == 0) section = key
  if (indent == 0 || (section == "users" && key == "ssh_authorized_keys")) {
    list = ""
    if (body ~ /^(#|$)/) {
      if (key != "users") {
        list = key
        list_indent = indent
        count = 0
      }
      at++
      return
    }
    more()
    if (body ~ /^\[/ && key != "runcmd") {
      total = flow(body)
      for (i = 0; i < total; i++) {
        body = words[i]
        show(key "." i, body)
      }
    } else emit(key, "")
    return
  }
  if (section != "users") list = ""
  at++
}

# Collects the deeper lines below the current one into rest[1..rests] and moves behind them.
function more(    from) {
  rests = 0
  for (at++; at <= NR; at++) {
    if (lines[at] !~ /^ *$/) {
      match(lines[at], /^ */)
      if (RLENGTH <= indent) break
    }
    rest[++rests] = lines[at]
  }
  while (rests > 0 && rest[rests] ~ /^ *$/) rests--
}

function emit(key, number,    value) {
  if (body ~ /^\[/ || body ~ /^- /) value = command_words()
  else value = scalar()
  if (key == "runcmd" && number != "") {
    if (commands == "") return
    file = sprintf("%s/%03d", commands, number + 1)
    print value > file
    close(file)
  } else show(number == "" ? key : key "." number, value)
}

function show(path, value) {
  gsub(/[\n\t]/, " ", value)
  print path "\t" value
}

# The value of body and rest.
function scalar(    out, depth, i, text) {
  if (body ~ /^[|>][0-9+-]*( *#.*)?$/) {
    match(rest[1], /^ */)
    depth = RLENGTH
    for (i = 1; i <= rests; i++) {
      text = rest[i]
      match(text, /^ */)
      text = substr(text, (RLENGTH < depth ? RLENGTH : depth) + 1)
      out = out (i == 1 ? "" : (body ~ /^>/ ? " " : "\n")) text
    }
    return out
  }
  return unquoted(folded())
}

function folded(    out, i, text) {
  out = body
  for (i = 1; i <= rests; i++) {
    text = rest[i]
    gsub(/^ +| +$/, "", text)
    out = out " " text
  }
  return out
}

function unquoted(text,    out, mark) {
  if (text ~ /^'/) {
    text = substr(text, 2)
    while (match(text, /'/)) {
      out = out substr(text, 1, RSTART - 1)
      if (substr(text, RSTART + 1, 1) != "'") return out
      out = out "'"
      text = substr(text, RSTART + 2)
    }
    return out text
  }
  if (text ~ /^"/) {
    text = substr(text, 2)
    while (match(text, /["\\]/)) {
      out = out substr(text, 1, RSTART - 1)
      if (substr(text, RSTART, 1) == "\"") return out
      mark = substr(text, RSTART + 1, 1)
      text = substr(text, RSTART + 2)
      out = out (mark == "n" ? "\n" : mark == "t" ? "\t" : mark)
    }
    return out text
  }
  sub(/[ \t]+#.*$/, "", text)
  sub(/[ \t]+$/, "", text)
  return text
}

# A list as one command: its words quoted for the shell.
function command_words(    out, total, i) {
  if (body ~ /^\[/) total = flow(folded())
  else {
    words[total++] = unquoted(substr(body, 3))
    for (i = 1; i <= rests; i++) if (sub(/^ *- /, "", rest[i])) words[total++] = unquoted(rest[i])
  }
  for (i = 0; i < total; i++) {
    gsub(/'/, "'\\''", words[i])
    out = out (i ? " " : "") "'" words[i] "'"
  }
  return out
}

# Splits the flow list into words[0..]; gives their number.
function flow(text,    total, word) {
  text = substr(text, 2)
  while (1) {
    sub(/^[ ,]+/, "", text)
    if (text == "" || text ~ /^\]/) return total + 0
    if (match(text, /^"([^"\\]|\\.)*"/) || match(text, /^'([^']|'')*'/) || match(text, /^[^],]+/)) {
      word = substr(text, 1, RLENGTH)
      text = substr(text, RLENGTH + 1)
      words[total++] = unquoted(word)
    } else return total + 0
  }
}

function blanks(width,    out) {
  while (length(out) < width) out = out " "
  return out
}
