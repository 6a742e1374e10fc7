/**
 * Whether a line is a command that somebody typed: after the prompt of a shell with a user or a
 * folder, or a known command after `$`, `#`, `%` or `>` alone; or a command that `set -x` shows.
 */
export function isPrompt(line: string): boolean {
  return (
    /^[ \t]{0,12}(?:\([\w.-]{1,40}\) ?)?(?:\[?[\w.-]{1,64}@[\w.-]{1,64}(?:[: ][^\n$#%>]{0,120})?\]?[$#%>]|PS [A-Z]:\\[^\n>]{0,200}>|PS \/[^\n>]{0,200}>|[~/][^\n$#%>|]{0,80}[$#%>\u276f]|[\u276f\u279c\u03bb]) {0,4}\S/u.test(
      line,
    ) ||
    /^[^|]{0,120}[$#%>] {0,4}(?:sudo )?(?:nvidia-smi|rocm-smi|amd-smi|hl-smi|xpu-smi|numactl|numastat|lscpu|lspci|virsh|lstopo|kubectl|cat|ls|free|dmesg|ip|lsblk|uname|dmidecode|journalctl|ibstat|docker|python3?|echo|for)\b/.test(
      line,
    ) ||
    /^[ \t]{0,12}\+{1,4} (?:sudo )?[a-z][\w-]{1,20}(?: -{1,2}[\w-]{1,20}| [a-z/][\w./-]{0,80}){0,8}$/.test(
      line,
    )
  );
}

/**
 * The command behind a prompt: the first word that is no variable, no folder and no `sudo`. Null
 * where it prints what is read, by one of the tools or from a file.
 */
export function commandOf(line: string): string | null {
  if (ownTools.test(line)) return null;
  const typed =
    /(?:^[ \t]{0,12}\+{1,4}|[$#%>\u276f\u279c\u03bb]) {0,4}(?:\w{1,40}=\S{0,80} |sudo |[~/]\S{0,80} ){0,4}([\w./-]{1,80})/u;
  return typed.exec(line)?.[1]?.replace(/^.*\//, "") ?? "a command";
}

/** The tools that are read, and what people use to print a file that one of them wrote. */
const ownTools =
  /[\w-]{2,6}-smi\b|\b(?:numactl|lscpu|lspci|virsh|lstopo|hwloc-ls|kubectl|cat|zcat|less|more|head|tail|echo|grep)\b/;
