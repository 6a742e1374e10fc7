import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { binary } from "../../packages/cli/testing/binary.ts";

/** `evenkeel exec` becomes its command: nothing of Node is left in the process. */

const folder = mkdtempSync(join(tmpdir(), "evenkeel-exec-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const exec = [process.execPath, binary, "exec", "--"] as const;
const script = (line: string): string[] => ["sh", "-c", line];

/** A command line of bash, in which `exec` stands for `evenkeel exec --`. */
function bash(line: string, env: NodeJS.ProcessEnv = {}) {
  return spawnSync("bash", ["-c", line, "bash", ...exec], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
}

test("it ends with the command's status", () => {
  const [node, ...words] = exec;
  for (const status of [0, 1, 3, 42, 255]) {
    expect(spawnSync(node, [...words, "sh", "-c", `exit ${status}`]).status).toBe(status);
  }
});

test("a signal that ends the command ends it as a signal", () => {
  const [node, ...words] = exec;
  expect(spawnSync(node, [...words, ...script("kill -TERM $$")]).signal).toBe("SIGTERM");
});

test("it is the same process, and a signal from outside reaches the command", async () => {
  const [node, ...words] = exec;
  const child = spawn(node, [
    ...words,
    ...script('trap "exit 9" USR1; echo $$; while :; do sleep 0.1; done'),
  ]);
  const pid = await new Promise<string>((resolve) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  expect(Number(pid)).toBe(child.pid);
  child.kill("SIGUSR1");
  const status = await new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  expect(status).toBe(9);
});

test("signals and the limit of open files are as the parent has them", () => {
  const line = 'ulimit -Sn 512; "$@" sh -c "grep SigIgn /proc/self/status; ulimit -Sn"; :';
  const { stdout } = bash(line);
  expect(stdout).toBe("SigIgn:\t0000000000000000\n512\n");
});

test("who was started to outlive its terminal does so", () => {
  const told = (line: string): string => bash(line).stdout;
  const show = '"$@" grep SigIgn /proc/self/status';
  for (const line of [
    `nohup ${show}`,
    `trap "" HUP; ${show}; :`,
    `nohup sh -c '${show}; :' "$0" "$@"`,
  ]) {
    expect(told(line)).toBe("SigIgn:\t0000000000000001\n");
  }
  // As a program that the shell starts without it.
  expect(told(`nohup true; ${show}`)).toBe("SigIgn:\t0000000000000000\n");
});

test("words and variables stay as they are, byte for byte", () => {
  const line = [
    "export ODD=$'\\xff\\xfe=1'",
    "\"$@\" sh -c 'printf %s \"$1$ODD\" | od -An -tx1' sh $'a\\xc3\\x28 \\n'",
  ].join("; ");
  expect(bash(line).stdout.trim()).toBe("61 c3 28 20 0a ff fe 3d 31");
});

test("open files that it was given stay open, and no others", () => {
  const own = join(folder, "own");
  writeFileSync(own, "content\n");
  const line = `"$@" sh -c 'cat <&7; readlink /proc/self/fd/5; ls /proc/self/fd | wc -w' 7<${own} 5>/dev/null`;
  const { stdout } = bash(line);
  const bare = bash(
    `sh -c 'cat <&7; readlink /proc/self/fd/5; ls /proc/self/fd | wc -w' 7<${own} 5>/dev/null`,
  );
  expect(stdout).toBe(bare.stdout);
});

test("nothing that Node has opened is left, also where the parent is Node as well", () => {
  const [node, ...words] = exec;
  const list = ["ls", "/proc/self/fd"] as const;
  const { stdout } = spawnSync(node, [...words, ...list], { encoding: "utf8" });
  expect(stdout).toBe(spawnSync("env", list, { encoding: "utf8" }).stdout);
});

test("a pipe that it prints to stays one that waits", () => {
  // Four times what a pipe holds, to a reader that is late: a non-blocking pipe would lose some.
  const line = `"$@" dd if=/dev/zero bs=262144 count=1 status=none | (sleep 0.3; wc -c)`;
  const { stdout } = bash(line);
  expect(stdout.trim()).toBe("262144");
  expect(bash('"$@" sh -c "grep flags /proc/self/fdinfo/1" | cat').stdout).toMatch(/flags:\s*01$/m);
});

test("a standard file that does not wait stays so, for whoever else has it open", () => {
  const lines = [
    "import os, subprocess, sys",
    "read, write = os.pipe()",
    "os.set_blocking(write, False)",
    "show = 'import os, sys; print(os.get_blocking(1), file=sys.stderr)'",
    "words = [*sys.argv[1:], '--verify', '1s', '--', sys.executable, '-c', show]",
    "subprocess.run(words, stdout=write)",
    "print(os.get_blocking(write))",
  ];
  const words = ["-c", lines.join("\n"), ...exec.slice(0, -1)];
  const { stdout, stderr } = spawnSync("python3", words, { encoding: "utf8" });
  expect(stdout).toBe("False\n");
  expect(stderr).toMatch(/^False$/m);
});

test("a script without a first line for its interpreter runs, as from a shell", () => {
  const file = join(folder, "bare");
  writeFileSync(file, "echo $1 $2\n");
  chmodSync(file, 0o755);
  const [node, ...words] = exec;
  const { stdout } = spawnSync(node, [...words, file, "a", "b c"], { encoding: "utf8" });
  expect(stdout).toBe("a b c\n");
});

test.each([
  ["a program that does not exist", "no-such-program-here", 127, "there is no program"],
  ["a file that may not be run", "/etc/passwd", 126, "may not be run"],
  ["a folder", "/etc", 126, "may not be run"],
])("%s has the status of shells", (_, word, status, message) => {
  const [node, ...words] = exec;
  const ended = spawnSync(node, [...words, word], { encoding: "utf8" });
  expect(ended.status).toBe(status);
  expect(ended.stderr).toContain(message);
});

test("a program whose interpreter is missing, or that is none, is told without a crash", () => {
  const lost = join(folder, "lost");
  writeFileSync(lost, "#!/no/such/interpreter\n");
  const broken = join(folder, "broken");
  writeFileSync(broken, Buffer.concat([Buffer.from("\x7fELF"), Buffer.alloc(60)]));
  for (const file of [lost, broken]) chmodSync(file, 0o755);
  const [node, ...words] = exec;
  const missing = spawnSync(node, [...words, lost], { encoding: "utf8" });
  expect(missing.status).toBe(127);
  expect(missing.stderr).toContain("code      command-unrunnable");
  expect(spawnSync(node, [...words, broken]).status).not.toBe(null);
});

test.each([
  ["no command", []],
  ["a flag that it does not have", ["--bogus", "--", "true"]],
  ["a GPU that is not here", ["--gpu", "77", "--", "true"]],
  ["another machine", ["--on", "machine:dgx-a100", "--", "true"]],
  ["a rank that nobody told", ["--rank", "auto", "--", "true"]],
  ["a binding that cannot be had", ["--require", "--", "true"]],
])("with %s it ends with 125", (_, words) => {
  const env = { PATH: process.env["PATH"] };
  const ended = spawnSync(process.execPath, [binary, "exec", ...words], { encoding: "utf8", env });
  expect(ended.stderr).toContain("code ");
  expect(ended.status).toBe(125);
});

test("a dry run runs nothing", () => {
  const words = [binary, "exec", "--dry-run", "--", "sh", "-c", "exit 3"];
  const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8" });
  expect(status).toBe(0);
  expect(stdout).toContain("why\n");
});

test("the command is told what it is bound to", () => {
  const { stdout, stderr } = bash('"$@" sh -c \'echo "$EVENKEEL_BINDING"\'');
  expect(JSON.parse(stdout)).toHaveProperty("cpus");
  expect(stderr).toMatch(/^evenkeel: /);
});

test("on a terminal it leaves the terminal as it is", () => {
  const line = `script -qec "$0 $1 exec -- sh -c 'grep flags /proc/self/fdinfo/1; test -t 0 && test -t 1 && echo terminal'" /dev/null`;
  const { stdout } = spawnSync("bash", ["-c", line, process.execPath, binary], {
    encoding: "utf8",
  });
  expect(stdout).toContain("terminal");
  const flags = /flags:\s*(\d+)/.exec(stdout)?.[1] ?? "";
  expect(Number.parseInt(flags, 8) & 0o4000).toBe(0);
});

test("the program is the one of PATH as the command has it", () => {
  const program = join(folder, "mine");
  writeFileSync(program, "#!/bin/sh\necho mine\n");
  chmodSync(program, 0o755);
  expect(bash('"$@" mine', { PATH: `${folder}:${process.env["PATH"]}` }).stdout).toBe("mine\n");
  expect(readFileSync(program, "utf8")).toContain("mine");
});
