# fish completion for evenkeel
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
        printf '%s\n' $proposals
    else
        __fish_complete_path (commandline -ct)
    end
end
complete --command evenkeel --no-files --arguments '(__evenkeel_complete)'
