# Flattens JSON: one line `path<TAB>value` for each scalar, names and indexes joined by dots; line breaks become spaces.
{ text = text $0 "\n" }
END { value("") }

function value(path,    first, name, index0, token) {
  space()
  first = substr(text, 1, 1)
  if (first == "{") {
    skip()
    while (substr(text, 1, 1) == "\"") {
      name = string()
      space()
      skip()
      value(path == "" ? name : path "." name)
      comma()
    }
    skip()
  } else if (first == "[") {
    skip()
    while (text != "" && substr(text, 1, 1) != "]") {
      value(path "." index0++)
      comma()
    }
    skip()
  } else if (first == "\"") {
    print path "\t" string()
  } else {
    match(text, /^[^],} \t\r\n]*/)
    token = substr(text, 1, RLENGTH)
    # No token: not JSON. One character on, so that this ends.
    text = substr(text, RLENGTH > 0 ? RLENGTH + 1 : 2)
    if (token != "") print path "\t" token
  }
}

function space() { sub(/^[ \t\r\n]+/, "", text) }
function skip() { text = substr(text, 2); space() }
function comma() { space(); if (substr(text, 1, 1) == ",") skip() }

# The string that text begins with, its escapes undone; text goes on behind it.
function string(    out, mark) {
  text = substr(text, 2)
  while (match(text, /["\\]/)) {
    out = out substr(text, 1, RSTART - 1)
    mark = substr(text, RSTART, 1)
    if (mark == "\"") {
      text = substr(text, RSTART + 1)
      return out
    }
    mark = substr(text, RSTART + 1, 1)
    text = substr(text, RSTART + 2)
    if (mark == "u") {
      out = out character(substr(text, 1, 4))
      text = substr(text, 5)
    } else out = out (mark ~ /[nrt]/ ? " " : mark)
  }
  text = ""
  return out
}

# The character of four hexadecimal digits; beyond ASCII a question mark.
function character(digits,    code, i) {
  for (i = 1; i <= 4; i++) code = code * 16 + index("123456789abcdef", tolower(substr(digits, i, 1)))
  return code > 31 && code < 127 ? sprintf("%c", code) : "?"
}
