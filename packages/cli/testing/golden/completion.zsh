#compdef evenkeel
_evenkeel() {
  local -a proposals
  local word brief
  local -i dashes=${words[(ie)--]}
  if [[ "${words[2]}" == exec ]] && (( dashes < CURRENT )); then
    shift dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
  while IFS=$'\t' read -r word brief; do
    [[ -n "$word" ]] && proposals+=("${word//:/\\:}:$brief")
  done < <("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( ${#proposals} )); then
    _describe evenkeel proposals
  else
    _files
  fi
}
if [[ "${funcstack[1]}" == _evenkeel ]]; then
  _evenkeel "$@"
else
  compdef _evenkeel evenkeel
fi
