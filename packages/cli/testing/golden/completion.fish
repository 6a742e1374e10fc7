# fish completion for evenkeel
function __evenkeel_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l proposals ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test (count $proposals) -gt 0
        printf '%s\n' $proposals
    else
        __fish_complete_path (commandline -ct)
    end
end
complete --command evenkeel --no-files --arguments '(__evenkeel_complete)'
