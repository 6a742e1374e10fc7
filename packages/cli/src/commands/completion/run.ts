import type { NoFlags } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import type { Shell } from "./flags.ts";

export function runCompletion(this: CliContext, _flags: NoFlags, shell: Shell): void {
  this.surroundings.stdout.write(completionScripts[shell]);
}

// After `exec … --` comes another command, which each shell completes as it does at the beginning
// of a line.
//
// bash ends words at colons (COMP_WORDBREAKS), and machine:hgx-h100 has one. So the words are taken
// from the line itself, and proposals lose what stands before the last colon.
const bash = `# bash completion for evenkeel
_evenkeel() {
  local line="\${COMP_LINE:0:COMP_POINT}" current proposal
  local -a words
  read -r -a words <<< "$line"
  case "$line" in *[[:space:]]) words+=("") ;; esac
  current="\${words[\${#words[@]} - 1]}"
  if [[ "\${words[1]-}" == exec && " \${words[*]:2:\${#words[@]}-3} " == *" -- "* ]]; then
    _evenkeel_other "$current"
    return
  fi
  local colon=""
  case "$current" in *:*) case "$COMP_WORDBREAKS" in *:*) colon="\${current%:*}:" ;; esac ;; esac
  COMPREPLY=()
  while IFS=$'\\t' read -r proposal _; do
    [ -n "$proposal" ] && COMPREPLY+=("\${proposal#"$colon"}")
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2> /dev/null)
  case "\${COMPREPLY[0]-}" in *:) compopt -o nospace ;; esac
}
_evenkeel_other() {
  local -i at
  for ((at = 2; at < COMP_CWORD; at++)); do
    [[ "\${COMP_WORDS[at]}" == -- ]] && break
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
`;

const zsh = `#compdef evenkeel
_evenkeel() {
  local -a proposals
  local word brief
  local -i dashes=\${words[(ie)--]}
  if [[ "\${words[2]}" == exec ]] && (( dashes < CURRENT )); then
    shift dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
  while IFS=$'\\t' read -r word brief; do
    [[ -n "$word" ]] && proposals+=("\${word//:/\\\\:}:$brief")
  done < <("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  if (( \${#proposals} )); then
    _describe evenkeel proposals
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _evenkeel ]]; then
  _evenkeel "$@"
else
  compdef _evenkeel evenkeel
fi
`;

const fish = `# fish completion for evenkeel
function __evenkeel_complete
    set -l before (commandline -opc)
    set -l dashes (contains --index -- -- $before)
    if test "$before[2]" = exec; and test -n "$dashes"
        set -l other (string escape -- $before[(math $dashes + 1)..-1]) (commandline -ct)
        complete --do-complete "$other"
        return
    end
    set -l words $before (commandline -ct)
    set -l proposals ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test (count $proposals) -gt 0
        printf '%s\\n' $proposals
    else
        __fish_complete_path (commandline -ct)
    end
end
complete --command evenkeel --no-files --arguments '(__evenkeel_complete)'
`;

/** What each shell reads to complete evenkeel's command lines. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
