# bash completion for evenkeel
_evenkeel() {
  local line="${COMP_LINE:0:COMP_POINT}" current proposal
  local -a words
  read -r -a words <<< "$line"
  case "$line" in *[[:space:]]) words+=("") ;; esac
  current="${words[${#words[@]} - 1]}"
  local colon=""
  case "$current" in *:*) case "$COMP_WORDBREAKS" in *:*) colon="${current%:*}:" ;; esac ;; esac
  COMPREPLY=()
  while IFS=$'\t' read -r proposal _; do
    [ -n "$proposal" ] && COMPREPLY+=("${proposal#"$colon"}")
  done < <("${words[0]}" __complete -- "${words[@]:1}" 2> /dev/null)
  case "${COMPREPLY[0]-}" in *:) compopt -o nospace ;; esac
}
complete -o default -F _evenkeel evenkeel
