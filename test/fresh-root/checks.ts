import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What must hold in a root in which the package is installed. */
export interface Check {
  readonly does: string;
  /** A script for bash in the root. */
  readonly script: string;
  /** What it prints, besides ending well. */
  readonly prints?: RegExp;
}

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const { version }: { readonly version: string } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

/** The README's VM. */
const vm = /```yaml\n# vm\.yaml\n(.*?)```/s.exec(readme)?.[1] ?? "";

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Begins a command that a user without any rights runs. */
export const asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent";

const inBash = (line: string): string =>
  `bash --norc -c ${quoted(
    `. /usr/share/bash-completion/bash_completion
_completion_loader evenkeel
COMP_LINE=${quoted(line)}; COMP_POINT=\${#COMP_LINE}
compopt() { :; }
_evenkeel
printf '%s\\n' "\${COMPREPLY[@]}"`,
  )}`;

/** Types a line and a tab into a zsh that somebody sits at, and prints what is on the screen. */
const inZsh = (line: string): string =>
  `zsh -fc ${quoted(`zmodload zsh/zpty
zpty shell 'PS1= TERM=dumb zsh -fi'
zpty -w shell 'autoload -U compinit; compinit -u -D; LISTMAX=1000; echo rea""dy'
zpty -r shell screen '*ready*'
zpty -n -w shell ${quoted(`${line}\t`)}
sleep 3
while zpty -t -r shell screen; do print -rn -- "$screen"; done
zpty -d shell`)}`;

/**
 * Compares the least times of both, in turns and at most sixty each: whatever else runs on this
 * machine only adds.
 */
const startup = `/usr/lib/evenkeel/bin/node -e ${quoted(`
const { spawnSync } = require("node:child_process");
const time = (program, ...args) => {
  const begun = performance.now();
  spawnSync(program, args);
  return performance.now() - begun;
};
let empty = Infinity, version = Infinity;
for (let i = 0; i < 60 && (i < 10 || version > 1.3 * empty); i++) {
  empty = Math.min(empty, time("/usr/lib/evenkeel/bin/node", "-e", "0"));
  version = Math.min(version, time("/usr/bin/evenkeel", "--version"));
}
console.log("evenkeel --version takes " + (version / empty).toFixed(2) + " times node -e 0");
process.exitCode = version <= 1.3 * empty ? 0 : 1;`)}`;

export const installedChecks: readonly Check[] = [
  { does: "dpkg finds every file as it was packed", script: "dpkg --verify evenkeel" },
  {
    does: "the command says its version",
    script: "evenkeel --version",
    prints: new RegExp(`^${version.replaceAll(".", "\\.")}\n$`),
  },
  { does: "it starts in 1.3 times the time of node -e 0", script: startup, prints: /\d/ },
  {
    does: "it draws a machine of the catalog, for any user",
    script: `${asNobody} evenkeel topology --from machine:hgx-h100`,
    prints: /8 × H100/,
  },
  { does: "it reads this machine", script: "evenkeel topology", prints: /CPUs/ },
  {
    does: "it places the README's VM, and renders its plan",
    script: `printf %s ${quoted(vm)} > vm.yaml
evenkeel place vm.yaml --on machine:hgx-h100 &&
evenkeel place vm.yaml --on machine:hgx-h100 --output json > plan.json &&
evenkeel render plan.json --as libvirt; status=$?
rm -f vm.yaml plan.json; exit $status`,
    prints: /llm-a of acme goes to hgx-h100[^]*<domain/,
  },
  {
    does: "it prints the schema of a document",
    script: "evenkeel schema VirtualMachine",
    prints: /"accelerators"/,
  },
  {
    does: "system calls beyond Node's are there (koffi)",
    script: `/usr/lib/evenkeel/bin/node --input-type=module -e ${quoted(
      'import k from "/usr/lib/evenkeel/node_modules/koffi/index.js"; console.log(k.load("libc.so.6").func("int getpid()")());',
    )}`,
    prints: /^\d+\n$/,
  },
  {
    does: "man shows a page of each command, and warns of nothing",
    script: `for page in evenkeel $(evenkeel __complete -- "" | cut -f1 | sed s/^/evenkeel-/); do
  MANWIDTH=80 man --warnings $page > /tmp/page 2> /tmp/warnings || exit 1
  [ -s /tmp/page ] && [ ! -s /tmp/warnings ] || { echo $page; cat /tmp/warnings; exit 1; }
done
man evenkeel-place; whatis evenkeel-place`,
    prints: /SYNOPSIS[^]*--away-from[^]*evenkeel-place \(1\) +- Decide where/,
  },
  {
    does: "bash completes commands and names of VMs",
    script: `${inBash("evenkeel pl")}; ${inBash("evenkeel stop l")}`,
    prints: /^place\nllm-a\n$/,
  },
  {
    does: "fish completes commands and names of VMs",
    script: `HOME=/tmp/fish fish -c 'complete -C "evenkeel pl"; complete -C "evenkeel stop l"'`,
    prints: /^place\t[^]*\nllm-a\t/,
  },
  {
    does: "zsh completes commands and names of VMs",
    script: `${inZsh("evenkeel pl")}; ${inZsh("evenkeel stop l")}`,
    prints: /evenkeel place [^]*evenkeel stop llm-a /,
  },
  {
    does: "it becomes a command, and makes the folder of leases",
    script: `cat /usr/lib/tmpfiles.d/evenkeel.conf && evenkeel exec --mode exclusive -- stat -c '%a %U' /run/evenkeel/leases`,
    prints: /^d \/run\/evenkeel\/leases 1777[^]*^1777 root$/m,
  },
  {
    does: "a user who may not read the records is offered none of them, and hears no complaint",
    script: `${asNobody} evenkeel __complete -- stop l 2>&1`,
    prints: /^$/,
  },
  {
    does: "the package explains itself in /usr/share/doc/evenkeel",
    script: "zcat /usr/share/doc/evenkeel/changelog.gz; ls /usr/share/doc/evenkeel",
    prints: /evenkeel \([^]*copyright[^]*errors\.md[^]*reference/,
  },
];
