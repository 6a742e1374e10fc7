import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { evenkeel } from "../../testing/evenkeel.ts";
import { commands, shownCommands } from "../commands/commands.ts";
import { otherCommands, otherFlags, insteadOfFlags } from "./other-words.ts";
import { rightLine } from "./right-line.ts";

const folder = scratchFolder();
const head = (kind: string): string => `apiVersion: evenkeel/v1\nkind: ${kind}\n`;
const files: Readonly<Record<string, string>> = {
  "vm.yaml": `${head("VirtualMachine")}metadata: { name: llm-a }\nspec: { vcpus: 16, memory: 64Gi }\n`,
  "b.yaml": `${head("VirtualMachine")}metadata: { name: llm-b }\nspec: { vcpus: 16, memory: 64Gi }\n`,
  "flavors.yaml": `${head("Flavor")}metadata: { name: a }\nspec: { vcpus: 4, memory: 8Gi }\n`,
  "policy.yaml": `${head("HostPolicy")}reserved: { coresPerNode: 2 }\n`,
  "hosts.yaml": `${head("Fleet")}hosts: [{ name: a, sources: [live] }]\n`,
  "topology.yaml": head("Topology"),
  "contract.json": '{ "apiVersion": "evenkeel/v1", "kind": "GuestContract" }',
  "plan.json": '{\n  "apiVersion": "evenkeel/v1",\n  "kind": "Plan"\n}\n',
  "record.json": '{ "apiVersion": "evenkeel/v1", "kind": "Evidence" }',
  "report.json": '{ "apiVersion": "evenkeel/v1", "kind": "GuestReport" }',
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);

/** The words of a line, with the files where they are. */
const wordsOf = (line: string): string[] =>
  line
    .split(" ")
    .map((word) =>
      word.replace(/(^|=)([\w-]+\.(?:yaml|json))$/, (found, before: string, name: string) =>
        Object.hasOwn(files, name) ? `${before}${join(folder, name)}` : found,
      ),
    );

/** What newcomers type, and the line or the sentence that answers it. */
const slips: readonly (readonly [string, string])[] = [
  ["place vm.yaml machine:hgx-h100", "evenkeel place vm.yaml --on machine:hgx-h100"],
  ["place machine:hgx-h100 vm.yaml", "evenkeel place vm.yaml --on machine:hgx-h100"],
  ["place vm.yaml hgx-h100", "evenkeel place vm.yaml --on machine:hgx-h100"],
  [
    "place vm.yaml machine:hgx-h100 --json",
    "evenkeel place vm.yaml --output json --on machine:hgx-h100",
  ],
  ["place vm.yaml", "evenkeel place vm.yaml --on live"],
  ["place -f vm.yaml --on live", "evenkeel place vm.yaml --on live"],
  ["place --file=vm.yaml --on live", "evenkeel place vm.yaml --on live"],
  ["place vm.yaml --host machine:hgx-h100", "evenkeel place vm.yaml --on machine:hgx-h100"],
  [
    "place vm.yaml b.yaml --on live",
    "one VM at a time: evenkeel place vm.yaml --on live, then the same with b.yaml",
  ],
  [
    "place vm.yaml flavors.yaml --on machine:hgx-h100",
    "evenkeel place vm.yaml --on machine:hgx-h100 --flavor flavors.yaml",
  ],
  ["vm.yaml", "evenkeel place vm.yaml --on live"],
  ["plan.json", "evenkeel render plan.json --as libvirt"],
  ["flavors.yaml", "evenkeel capacity --flavor flavors.yaml --on live"],
  ["policy.yaml", "evenkeel place vm.yaml --policy policy.yaml --on live"],
  ["hgx-h100", "evenkeel topology machine:hgx-h100"],
  ["machine:hgx-h100", "evenkeel topology machine:hgx-h100"],
  ["live", "evenkeel topology live"],
  ["vm.yaml place --on machine:hgx-h100", "evenkeel place vm.yaml --on machine:hgx-h100"],
  ["--output json topology", "evenkeel topology --output json"],
  ["--on machine:hgx-h100 place vm.yaml", "evenkeel place --on machine:hgx-h100 vm.yaml"],
  ["ps", "evenkeel list"],
  ["start llm-a", "run takes the file of the VM: evenkeel run vm.yaml"],
  ["start vm.yaml", "evenkeel run vm.yaml"],
  ["get vms", "evenkeel list"],
  ["vm list", "evenkeel list"],
  ["list vms", "evenkeel list"],
  ["list llm-a", "evenkeel verify llm-a"],
  ["list -o wide", "evenkeel list --wide"],
  ["list --wide --json", "evenkeel list --wide --output json"],
  ["destroy llm-a", "evenkeel stop llm-a"],
  ["reboot llm-a", "evenkeel stop llm-a && evenkeel run vm.yaml"],
  ["logs llm-a", "evenkeel console llm-a"],
  ["describe vm llm-a", "evenkeel verify llm-a"],
  ["lstopo", "evenkeel topology"],
  ["machines", "evenkeel topology --list"],
  ["topology --json", "evenkeel topology --output json"],
  ["topology --format json", "evenkeel topology --output json"],
  ["topology -f json", "evenkeel topology --output json"],
  ["topology -o yaml", "evenkeel topology --output json"],
  ["topology -output json", "evenkeel topology --output json"],
  ["topology —output json", "evenkeel topology --output json"],
  ["topology --list -o svg", "run evenkeel topology --help"],
  ["topology -o xml", "evenkeel topology --output nccl"],
  [
    "place vm.yaml --on machine:hgx-h100 -o xml",
    "evenkeel place vm.yaml --on machine:hgx-h100 --output libvirt",
  ],
  ["render plan.json", "evenkeel render plan.json --as libvirt"],
  ["render plan.json --libvirt", "evenkeel render plan.json --as libvirt"],
  ["render plan.json --output libvirt", "evenkeel render plan.json --as libvirt"],
  ["render plan.json -o xml", "evenkeel render plan.json --as libvirt"],
  ["render --as libvirt", "evenkeel render plan.json --as libvirt"],
  ["script guest", "evenkeel guest script"],
  ["check guest", "evenkeel guest check"],
  ["bash completion", "evenkeel completion bash"],
  ["guest-report", "evenkeel guest report"],
  ["guest", "evenkeel guest report > guest.json"],
  ["guest chek", "did you mean check?"],
  ["LIST", "evenkeel list"],
  ["stop", "evenkeel stop llm-a"],
  ["stop llm-a llm-b", "one VM at a time: evenkeel stop llm-a, then the same with llm-b"],
  ["stop llm-a -y", "see evenkeel stop --help"],
  ["place vm.yaml --on live --verbose", "set EVENKEEL_DEBUG=1 to see where an error comes from"],
  [
    "place vm.yaml --on live --gpus 2",
    "write it into the VM's file, under spec: (vcpus, memory, accelerators, nics, hugepages)",
  ],
  ["place --help=", "see evenkeel place --help"],
  ["-?", "evenkeel --help"],
  ["place -?", "evenkeel place --help"],
  ["list --version", "evenkeel version"],
  [
    "capacity flavors.yaml machine:hgx-h100",
    "evenkeel capacity --flavor flavors.yaml --on machine:hgx-h100",
  ],
  ["capacity", "evenkeel capacity --on live --flavor flavors.yaml"],
  ["verify llm-a plan.json", "evenkeel verify llm-a --plan plan.json"],
  ["verify", "evenkeel verify llm-a"],
  ["why", "evenkeel why llm-a llm-b"],
  ["why llm-a", "evenkeel why llm-a llm-b"],
  ["doctor --json", "evenkeel doctor --output json"],
  ["topology --output", "see evenkeel topology --help"],
  ["topology --from", "see evenkeel topology --help"],
  ["topology --gap 20%", "--gap is a flag of evenkeel why"],
  ["evidence llm-a -o text", "see evenkeel evidence --help"],
  ["completion", 'eval "$(evenkeel completion bash)"'],
  ["snapshot", "evenkeel snapshot host7.tar"],
  ["topology –o json", "evenkeel topology -o json"],
  ["capacity machine:hgx-h100", "evenkeel capacity --on machine:hgx-h100 --flavor flavors.yaml"],
  ["show machine:hgx-h100", "evenkeel topology machine:hgx-h100"],
  ["show plan.json", "evenkeel render plan.json --as libvirt"],
  ["enter llm-a", "Evenkeel enters no guest; use ssh, or virsh console"],
  [
    "migrate llm-a",
    "nothing moves while it runs: evenkeel capacity --restore says what to place anew",
  ],
  ["watch llm-a", "evenkeel verify llm-a --watch"],
  ["show", "evenkeel list --output json"],
  ["validate vm.yaml", "evenkeel run vm.yaml --dry-run"],
  ["vm run vm.yaml", "evenkeel run vm.yaml"],
  ["topology --cpus", "see evenkeel topology --help"],
  ["snapshot live host.tar", "evenkeel snapshot host.tar"],
  ["run vm.yaml live", "evenkeel run vm.yaml"],
  ["run vm.yaml machine:hgx-h100", "evenkeel run vm.yaml"],
  [
    "topology --from=machine:hgx-h100 --to json",
    "evenkeel topology --from=machine:hgx-h100 --output json",
  ],
  ["simulate hgx-h100", "evenkeel simulate --world catalog:hgx-h100"],
  ["simulate catalog:hgx-h100", "evenkeel simulate --world catalog:hgx-h100"],
  ["demo machine:hgx-h100", "evenkeel demo --on machine:hgx-h100"],
  ["completion -s bash", "see evenkeel completion --help"],
  ["place vm.yaml --on", "see evenkeel place --help"],
  ["place", "evenkeel place vm.yaml --on machine:hgx-h100"],
  ["place vm.yaml --on live -v", "set EVENKEEL_DEBUG=1 to see where an error comes from"],
  ["evidence", "evenkeel evidence llm-a > llm-a.json"],
  ["topology -j", "evenkeel topology --output json"],
  [
    "capacity --on live --flavors flavors.yaml",
    "evenkeel capacity --on live --flavor flavors.yaml",
  ],
  ["place vm.yaml --topology machine:hgx-h100", "evenkeel place vm.yaml --on machine:hgx-h100"],
  ["kubectl get vms", "evenkeel list"],
  ["virsh list", "evenkeel list"],
  ["delete vm llm-a", "evenkeel stop llm-a"],
  ["undefine llm-a", "evenkeel stop llm-a"],
  ["create -f vm.yaml", "evenkeel run vm.yaml"],
  ["apply -f vm.yaml", "evenkeel run vm.yaml"],
  ["run -f vm.yaml", "evenkeel run vm.yaml"],
  [
    "capacity --host machine:hgx-h100 --flavor flavors.yaml",
    "evenkeel capacity --on machine:hgx-h100 --flavor flavors.yaml",
  ],
  [
    "place vm.yaml --on machine:hgx-h100 --format=json",
    "evenkeel place vm.yaml --on machine:hgx-h100 --output json",
  ],
  [
    "place vm.yaml --on machine:hgx-h100 -o yaml",
    "evenkeel place vm.yaml --on machine:hgx-h100 --output json",
  ],
  ["topology machine:hgx-h100 --svg", "evenkeel topology machine:hgx-h100 --output svg"],
  ["topology --on machine:hgx-h100", "evenkeel topology --from machine:hgx-h100"],
  ["place vm.yaml --from machine:hgx-h100", "evenkeel place vm.yaml --on machine:hgx-h100"],
  ["doctor --quiet", "send the output elsewhere: > /dev/null; the exit status tells"],
  ["list --no-color", "set NO_COLOR=1 for text without colors"],
  ["list --namespace acme", "a tenant is a field of the VM: metadata: { tenant: acme }"],
  ["run vm.yaml --dryrun", "did you mean --dry-run?"],
  ["stop llm-a --kill", "evenkeel stop llm-a --force"],
  ["verify llm-a --follow", "evenkeel verify llm-a --watch"],
  ["simulate --format svg", "evenkeel simulate --output svg"],
  ["demo --json", "evenkeel demo --output json"],
  ["why llm-a llm-b --gap=20 --html", "evenkeel why llm-a llm-b --gap=20 --output html"],
  ["evidence llm-a --json", "evenkeel evidence llm-a --output json"],
  ["console --tail llm-a", "see evenkeel console --help"],
  ["domains", "evenkeel list"],
  ["nodes", "evenkeel topology"],
  ["types", "evenkeel topology --list"],
  ["diff a.json b.json", "evenkeel why a.json b.json"],
  ["dumpxml plan.json", "evenkeel render plan.json --as libvirt"],
  ["guest_report", "evenkeel guest report"],
  ["topology machine:hgx-h100 -f json", "evenkeel topology machine:hgx-h100 --output json"],
  ["free", "evenkeel capacity --on live --flavor flavors.yaml"],
  ["man place", "evenkeel help place"],
  ["sudo place vm.yaml", "evenkeel place vm.yaml --on live"],
  [
    "diff machine:hgx-h100 machine:dgx-h100",
    "evenkeel topology machine:hgx-h100 --diff machine:dgx-h100",
  ],
  ["evenkeel place vm.yaml", "evenkeel place vm.yaml --on live"],
  ["verify llm-a report.json", "evenkeel verify llm-a --guest-report report.json"],
  ["record.json", "evenkeel doctor record.json"],
  ["contract.json", "evenkeel guest check --contract contract.json"],
  ["hosts.yaml", "evenkeel topology --fleet hosts.yaml"],
  ["topology.yaml", "evenkeel topology topology.yaml"],
  ["host.tar", "evenkeel topology host.tar"],
  ["flavors.yaml hosts.yaml", "evenkeel capacity --flavor flavors.yaml --fleet hosts.yaml"],
  ["place vm.yaml hosts.yaml", "evenkeel place vm.yaml --fleet hosts.yaml"],
  ["place vm.yaml topology.yaml", "evenkeel place vm.yaml --on topology.yaml"],
  ["verify llm-a record.json", "evenkeel verify llm-a --evidence record.json"],
  ["place vm.yaml policy.yaml --on live", "evenkeel place vm.yaml --on live --policy policy.yaml"],
  ["simulate hosts.yaml", "evenkeel simulate --world fleet:hosts.yaml"],
  ["place vm.yaml --on live --as json", "evenkeel place vm.yaml --on live --output json"],
  ["place help", "evenkeel place --help"],
  ["report.json", "evenkeel verify llm-a --guest-report report.json"],
  ["places vm.yaml --on live", "evenkeel place vm.yaml --on live"],
  ["verfiy llm-a", "evenkeel verify llm-a"],
  ["place vm.yaml --machine hgx-h100", "evenkeel place vm.yaml --on machine:hgx-h100"],
  ["place -- vm.yaml --on live", "evenkeel place vm.yaml --on live"],
  ["place vm.yaml -- --on live", "evenkeel place vm.yaml --on live"],
  [
    "place vm.yaml --on live --policy policy.yaml --policy policy.yaml",
    "evenkeel place vm.yaml --on live --policy policy.yaml",
  ],
  ["topology -o svg --output=dot", "evenkeel topology --output=dot"],
  ["render plan.json libvirt", "evenkeel render plan.json --as libvirt"],
  ["delete -f vm.yaml", "evenkeel stop llm-a"],
  ["describe b.yaml", "evenkeel place b.yaml --on live"],
  [
    "dumpxml llm-a",
    "virsh dumpxml llm-a prints the VM as it runs, evenkeel render plan.json --as libvirt its plan",
  ],
  ["freepages --all", "evenkeel topology"],
  ["nvidia-smi", "evenkeel topology"],
  ["--hardware", "evenkeel topology"],
  ["numatune llm-a", "evenkeel verify llm-a"],
  ["explain flavor", "evenkeel schema Flavor"],
  ["api-resources", "evenkeel schema"],
  ["help place capacity", "evenkeel help place"],
  ["lstopo hgx.svg", "evenkeel topology --output svg > hgx.svg"],
  [
    "topology machine:hgx-h100 -o hgx.svg",
    "evenkeel topology machine:hgx-h100 --output svg > hgx.svg",
  ],
  [
    "place vm.yaml --output=a.json --on live",
    "evenkeel place vm.yaml --on live --output json > a.json",
  ],
  ["topology --of svg", "evenkeel topology --output svg"],
  ["schema vms", "evenkeel schema VirtualMachine"],
  ["schema policy", "evenkeel schema HostPolicy"],
  [
    "prepare flavors.yaml machine:hgx-h100",
    "commands that take a machine have --on or --from for it",
  ],
  [
    "prepare flavors.yaml --apply",
    "this prints what to do and never does it: copy the commands that it prints",
  ],
  ["render plan.json --lint topo.xml", "evenkeel render plan.json --lint topo.xml --as nccl"],
  ["stop llm-a -f", "evenkeel stop llm-a --force"],
  ["verify llm-a -f", "evenkeel verify llm-a --watch"],
  ["list -w", "evenkeel list --wide"],
  ["verify llm-a -w", "evenkeel verify llm-a --watch"],
  ["stop vm.yaml", "give the VM's name, not its file"],
  [
    "capacity --on live --flavor h100.2",
    "name the file that has it: --flavor flavors.yaml, for example",
  ],
];

test.each(slips)("%s: try %s", async (line, answer) => {
  const { stderr, status } = await evenkeel(wordsOf(line), {
    terminal: 400,
    env: { TERM: "dumb" },
  });
  const shown = /^ {2}try {7}(.*)$/m.exec(stderr)?.[1] ?? /"remedy":"([^"]*)"/.exec(stderr)?.[1];
  expect(shown?.replaceAll(`${folder}/`, "")).toBe(answer);
  expect(status).toBe(2);
});

test("a line that is offered is understood", async () => {
  const offered = slips
    .map(([, answer]) => answer)
    .filter((answer) => answer.startsWith("evenkeel ") && !/[>&;]/.test(answer));
  expect(offered.length).toBeGreaterThan(80);
  for (const answer of new Set(offered)) {
    const argv = wordsOf(answer.slice("evenkeel ".length));
    // Whether its files and VMs are there is another question.
    if (/^(?:run|stop|doctor|snapshot|demo|simulate|verify|why|evidence)$/.test(argv[0] ?? ""))
      continue;
    const env = { EVENKEEL_STATE: join(folder, "vm.yaml", "state") };
    const { stderr } = await evenkeel(argv, { env });
    expect(`${answer}: ${/code +usage|"code":"usage"/.exec(stderr)?.[0] ?? ""}`).toBe(
      `${answer}: `,
    );
  }
}, 60_000);

test("no rule changes a line that is right, and none fails on any words", () => {
  const words = [
    ...shownCommands.map(({ name }) => name),
    ...otherCommands.keys(),
    ...otherFlags.keys(),
    ...insteadOfFlags.keys(),
    "--json",
    "-o",
    "-f",
    "--output",
    "json",
    "--on",
    "live",
    "vm.yaml",
    "--",
    "-",
    "",
    "—x",
    "=",
    "vm",
  ];
  const known = { commands: shownCommands };
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 6 }), (argv) => {
      const answer = rightLine(argv, known);
      expect(answer === null || answer.length > 0).toBe(true);
    }),
  );
  expect(rightLine(["topology", "machine:hgx-h100", "-o", "json"], known)).toBeNull();
  expect(rightLine(["place", "vm.yaml", "--on", "live", "--output=json"], known)).toBeNull();
});

test("words of other tools are no commands and no flags of ours that mean something else", () => {
  const names = new Set(commands.map(({ name }) => name));
  expect([...otherCommands.keys()].filter((word) => names.has(word))).toEqual([]);
  const flags = new Set(
    commands.flatMap(({ command }) => Object.keys(command.parameters.flags ?? {})),
  );
  for (const ours of otherFlags.values()) expect(ours.every((flag) => flags.has(flag))).toBe(true);
  for (const line of otherCommands.values()) {
    const firsts = line.startsWith("=") ? [] : line.split(" | ").map((one) => one.split(" ")[0]);
    expect(firsts.filter((first) => !names.has(first ?? ""))).toEqual([]);
  }
});

test("an unknown command is answered with one line, and with all commands where none is meant", async () => {
  const { stderr } = await evenkeel(["ps"], { terminal: 80, env: { NO_COLOR: "1" } });
  expect(stderr).toBe(
    'evenkeel: there is no command "ps"\n  try       evenkeel list\n  code      usage\n',
  );
  expect((await evenkeel(["frobnicate"])).stderr).toContain("expected  one of topology, ");
});
