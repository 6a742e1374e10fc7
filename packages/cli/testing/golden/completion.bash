# bash completion for evenkeel
_evenkeel() {
  local line="${COMP_LINE:0:COMP_POINT}" current proposal
  local -a words
  read -r -a words <<< "$line"
  case "$line" in *[[:space:]]) words+=("") ;; esac
  current="${words[${#words[@]} - 1]}"
  if [[ "${words[1]-}" == exec && " ${words[*]:2:${#words[@]}-3} " == *" -- "* ]]; then
    _evenkeel_other "$current"
    return
  fi
  local colon=""
  case "$current" in *:*) case "$COMP_WORDBREAKS" in *:*) colon="${current%:*}:" ;; esac ;; esac
  COMPREPLY=()
  while IFS=$'\t' read -r proposal _; do
    [ -n "$proposal" ] && COMPREPLY+=("${proposal#"$colon"}")
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2> /dev/null)
  case "${COMPREPLY[0]-}" in *:) compopt -o nospace ;; esac
}
_evenkeel_other() {
  local -i at
  for ((at = 2; at < COMP_CWORD; at++)); do
    [[ "${COMP_WORDS[at]}" == -- ]] && break
  done
  if declare -F _command_offset > /dev/null; then
    _command_offset $((at + 1))
  elif ((at + 1 == COMP_CWORD)); then
    mapfile -t COMPREPLY < <(compgen -c -- "$1")
  else
    COMPREPLY=()
  fi
}
complete -o default -F _evenkeel evenkeel
