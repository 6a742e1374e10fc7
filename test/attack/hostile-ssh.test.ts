import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorCode } from "@evenkeel/core/error/codes.ts";
import type { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { sshDestination } from "@evenkeel/host/ssh/destination.ts";
import { readSsh, type SshLimits } from "@evenkeel/host/ssh/read-ssh.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { startSshd, whyNoSshd } from "@evenkeel/host/testing/ssh/sshd.ts";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";

/**
 * A far machine that wants more than to be read: it talks without end, hangs, and names files and
 * links of the machine that asks. And names of machines that want to be options or commands.
 */

const limits: SshLimits = { timeoutMs: 1500, maxBytes: 1024 * 1024 };

/** An `ssh` whose far side is this script; `$start` and `$end` are the answer's marks. */
function farMachine(script: string, notes: string[] = []) {
  const folder = scratchFolder();
  const program = [
    "#!/bin/sh",
    `for argument do printf '%s\\n' "$argument"; done > '${folder}/arguments'`,
    `env > '${folder}/environment'`,
    `n=$(sed -n 's/^nonce=//p')`,
    'start="start $n" end="end $n"',
    script,
    "",
  ].join("\n");
  writeFileSync(join(folder, "ssh"), program);
  chmodSync(join(folder, "ssh"), 0o755);
  const path = `${folder}${delimiter}/usr/bin${delimiter}/bin`;
  const caller = {
    PATH: path,
    HOME: folder,
    LD_PRELOAD: "/tmp/x",
    SECRET: "s",
    SSH_AUTH_SOCK: "/a",
  };
  const read = (host = "far", timeoutMs = limits.timeoutMs): Promise<Topology> => {
    const note = (sentence: string): void => void notes.push(sentence);
    return readSsh(host, { note }, { ...limits, timeoutMs }, caller);
  };
  const file = (name: string): string => readFileSync(join(folder, name), "utf8");
  return { folder, read, file };
}

async function refusal(
  code: ErrorCode,
  script: string,
  timeoutMs = limits.timeoutMs,
): Promise<EvenkeelError> {
  const started = performance.now();
  const error = await codedError(code, () => farMachine(script).read("far", timeoutMs));
  expect(performance.now() - started).toBeLessThan(timeoutMs + 6500);
  expect(error.where).toBe("ssh:far");
  return error;
}

const cpu = "F /sys/devices/system/cpu/online\\n 0\\nD /sys/devices/system/cpu/cpu0/topology\\n";

test("output without end is ended, with its processes", async () => {
  // A shell that writes line by line needs a while for a MiB where others have the CPUs.
  const endless = 'echo "$start"; while :; do echo "F /sys/a"; done';
  for (const script of ["yes", endless, "yes >&2"]) {
    const { message } = await refusal("host-unreachable", script, 30_000);
    expect(message).toBe("it says more than 1 MiB");
  }
}, 120_000);

test("a machine that hangs is given up, and nothing of it is left", async () => {
  const machine = farMachine('echo "$start"; sleep 60 & echo $! > "$HOME/left"; wait');
  const { message } = await codedError("host-unreachable", () => machine.read());
  expect(message).toBe("it did not answer within 1.5 s");
  const pid = Number(machine.file("left"));
  const runs = (): boolean =>
    existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  for (let i = 0; i < 100 && runs(); i++) await sleep(20);
  expect(runs()).toBe(false);
});

test("an answer that is cut short, or is none, is refused", async () => {
  expect((await refusal("answer-malformed", `echo "$start"; printf '${cpu}'`)).message).toMatch(
    /^the machine's answer is cut short after \d+ lines$/,
  );
  expect((await refusal("answer-malformed", "head -c 100000 /dev/urandom")).message).toMatch(
    /^the machine's answer does not begin as asked for/,
  );
  await refusal("answer-malformed", 'echo "end $n"; echo "$start"');
  await refusal("answer-malformed", 'echo "start 0"; echo "end 0"');
});

test.each([
  "F /etc/shadow\\n x\\n",
  "F /sys/../etc/shadow\\n x\\n",
  "F /sys/./a\\n x\\n",
  "F /sys//a\\n x\\n",
  "F /sys/\\n",
  "F sys/a\\n",
  "F /proc\\n",
  "F /evenkeel/other.txt\\n x\\n",
  "F /evenkeel/../etc/x\\n x\\n",
  "F /usr/share/misc/other\\n x\\n",
  "D /\\n",
  "D /var/a\\n",
  "L /sys/a\\n /etc/shadow\\n",
  "L /sys/a\\n ../../etc/shadow\\n",
  "L /sys/a\\n /sys/../etc/shadow\\n",
  "L /sys/a\\n",
  "L /sys/a\\n /sys/b\\n /sys/c\\n",
  "L /etc/a\\n /sys/b\\n",
  "B /sys/a\\n 0\\n",
  "B /sys/a\\n zz\\n",
  "X /sys/a\\n",
  "garbage\\n",
  "\\n",
  " content of nothing\\n",
])("an entry that was not asked for is refused: %s", async (entry) => {
  const script = `echo "$start"; printf '${cpu}${entry}'; echo "$end"`;
  expect((await refusal("answer-malformed", script)).message).toMatch(/^the machine's answer has /);
});

test("links are followed in the answer alone, in circles too", async () => {
  const entries = [
    cpu,
    "L /sys/class/net/a\\n /sys/class/net/b\\n",
    "L /sys/class/net/b\\n /sys/class/net/a\\n",
    // This machine's own file of that name is not what is read.
    "L /proc/sys/kernel/hostname\\n /proc/version\\n",
  ];
  const script = `echo "$start"; printf '${entries.join("")}'; echo "$end"`;
  const topology = await farMachine(script).read();
  expect(topology.name).toBe("far");
  expect(topology.machine.cpuModel).toBeNull();
  expect(topology.cores).toHaveLength(1);
});

test("notes without number are cut", async () => {
  const many = `echo "$start"; yes 'N x' | head -n 200000; printf '${cpu}'; echo "$end"`;
  const notes: string[] = [];
  const machine = farMachine(many, notes);
  await machine.read();
  expect(notes.length).toBeLessThanOrEqual(64);
});

test("the far side gets the script and nothing else, and ssh neither secrets nor options", async () => {
  const machine = farMachine(`echo "$start"; printf '${cpu}'; echo "$end"`);
  await machine.read("root@far.example");
  const args = machine.file("arguments").trimEnd().split("\n");
  expect(args.slice(-3)).toEqual(["--", "root@far.example", "sh -s"]);
  // Nobody is asked, nothing waits for ever, and nothing of this side is lent to the far one.
  expect(args.slice(0, -3)).toEqual([
    "-T",
    ...[
      "BatchMode=yes",
      "ConnectTimeout=10",
      "ServerAliveInterval=10",
      "ServerAliveCountMax=3",
      "ClearAllForwardings=yes",
      "ForwardAgent=no",
      "ForwardX11=no",
      "PermitLocalCommand=no",
      "RemoteCommand=none",
    ].flatMap((option) => ["-o", option]),
  ]);
  const environment = machine.file("environment");
  expect(environment).toContain("SSH_AUTH_SOCK=/a");
  expect(environment).not.toMatch(/SECRET|LD_PRELOAD/);
});

test.each([
  "-oProxyCommand=touch /tmp/x",
  "-F/tmp/x",
  "root@-oProxyCommand=x",
  "-l@host",
  "a b",
  "a;id",
  "$(id)",
  "`id`",
  "a|id",
  "a'b",
  "a\nb",
  "a\0b",
  "host:22",
  "//host:99999",
  "//host:65536",
  "//host:0",
  "//host:22/etc/passwd",
  "//-host",
  "//u:password@host",
  "a/b",
  "ü",
  "",
  "@host",
  "%h",
  "a".repeat(300),
])("a name that is none never reaches ssh: %j", async (host) => {
  const machine = farMachine("exit 0");
  await codedError("source-unknown", () => machine.read(host));
  expect(existsSync(join(machine.folder, "arguments"))).toBe(false);
});

test("what reaches ssh has nothing that a shell or ssh understands", () => {
  const character = fc.constantFrom(..."ab09.-_@:/[]%$`;|&<>()'\" \n\t\\*?~#!={}^,+".split(""));
  fc.assert(
    fc.property(fc.array(character, { maxLength: 24 }), (characters) => {
      let destination: string;
      try {
        destination = sshDestination(characters.join(""));
      } catch {
        return;
      }
      expect(destination).toMatch(/^[A-Za-z0-9_.:][A-Za-z0-9_.:@/%[\]+-]*$/);
    }),
    { numRuns: 5000 },
  );
  for (const host of ["a", "root@gpu-01.example", "10.0.0.7", "::1", "fe80::1%eth0", "_x", "A_b"]) {
    expect(sshDestination(host)).toBe(host);
  }
  for (const url of ["//a", "//u@a:22", "//[::1]:2222", "//u@10.0.0.7:22", "//a:1", "//a:65535"]) {
    expect(sshDestination(url)).toBe(`ssh:${url}`);
  }
});

const absent = whyNoSshd();
if (absent !== null) console.warn(`not tested with a real sshd: ${absent}`);

test.skipIf(absent !== null)("a real sshd whose command is another one", async () => {
  const forced = async (command: string, code: ErrorCode): Promise<string> => {
    const server = await startSshd(scratchFolder(), [`ForceCommand ${command}`]);
    onTestFinished(() => server.stop());
    const read = () => readSsh("far", {}, { ...limits, timeoutMs: 30_000 }, caller);
    const caller = { ...process.env, PATH: server.path };
    return (await codedError(code, read)).message;
  };
  expect(await forced("yes", "host-unreachable")).toBe("it says more than 1 MiB");
  expect(await forced("echo this is a menu", "answer-malformed")).toContain("this is a menu");
  expect(await forced("exec no-such-shell", "host-unreachable")).toMatch(/^ssh failed \(exit/);
});
