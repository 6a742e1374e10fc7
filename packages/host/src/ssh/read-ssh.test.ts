import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { startSshd, type TestSshd, whyNoSshd } from "../../testing/ssh/sshd.ts";
import { readSource } from "../source/read-source.ts";
import { readSsh, type SshLimits } from "./read-ssh.ts";

const limits: SshLimits = { timeoutMs: 20_000, maxBytes: 16 * 1024 * 1024 };
const absent = whyNoSshd();
if (absent !== null) console.warn(`not tested with a real ssh: ${absent}`);

describe.skipIf(absent !== null)("a real sshd", () => {
  let server: TestSshd;
  const folder = scratchFolder();
  beforeAll(async () => {
    server = await startSshd(folder);
  });
  afterAll(() => server.stop());
  const read = (host: string): Promise<Topology> =>
    readSsh(host, {}, limits, { ...process.env, PATH: server.path });
  const failure = async (host: string) => {
    const { message, remedy, where } = await codedError("host-unreachable", () => read(host));
    return { message, remedy, where };
  };

  test("the machine over ssh is the live machine, under its own name", async () => {
    const live = await readSource("live", { parseTopology: () => Promise.reject(new Error()) });
    const still = (topology: Topology): Topology => ({
      ...topology,
      nodes: topology.nodes.map((node) => ({ ...node, freeBytes: null })),
    });
    expect(still(await read("far"))).toEqual(still(live));
    const [two, three] = await Promise.all([read("far2"), read("far3")]);
    expect(still(two)).toEqual(still(live));
    expect(still(three)).toEqual(still(live));
  });

  test("an unknown host key, another one, and no permission", async () => {
    expect(await failure("stranger")).toMatchObject({
      where: "ssh:stranger",
      message: expect.stringMatching(/^its host key is not known: .*(host key|verification)/),
      remedy: "connect once by hand and compare the key: ssh stranger",
    });
    expect((await failure("changed")).message).toMatch(/^its host key is not the one/);
    expect(await failure("locked")).toMatchObject({
      message: expect.stringMatching(/^it does not let this user in: .*Permission denied/),
      remedy: expect.stringContaining("make ssh locked work without a password"),
    });
  });

  test("a port that nobody listens on, and a name that nobody has", async () => {
    expect((await failure("//127.0.0.1:9")).message).toMatch(/^it takes no connections: /);
    expect((await failure("no-such-host.invalid")).message).toMatch(
      /^there is no machine of that name: /,
    );
  });
});

describe("an ssh that is made up", () => {
  const folder = scratchFolder();
  const read = (script: string): Promise<Topology> => {
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "ssh"), 0o755);
    const caller = { PATH: `${folder}:/usr/bin:/bin`, HOME: "/nowhere", SECRET: "x" };
    return readSsh("far", {}, limits, caller);
  };

  test("what a login prints before and after is no part of the answer", async () => {
    const topology = await read('echo "Welcome"; echo start; sh -s; echo bye; exit 3');
    expect(topology.cores.length).toBeGreaterThan(0);
  });

  test("no sh, another command in its place, another system", async () => {
    const error = (script: string) => codedError("host-unreachable", () => read(script));
    expect((await error("echo 'bash: line 1: sh: command not found' >&2; exit 127")).message).toBe(
      "it has no shell called sh: bash: line 1: sh: command not found",
    );
    expect((await error("echo odd >&2; exit 3")).message).toBe("ssh failed (exit status 3): odd");
    const { message } = await codedError("answer-malformed", () => read("echo This is a menu"));
    expect(message).toBe(`the machine's answer does not begin as asked for: "This is a menu"`);
    const bare = await codedError("tree-empty", () =>
      read("n=$(sed -n 's/^nonce=//p'); echo start $n; echo end $n"),
    );
    expect(bare.message).toBe("the machine shows no /sys and no /proc");
  });

  test("there is no ssh", async () => {
    const { message } = await codedError("host-unreachable", () =>
      readSsh("far", {}, limits, { PATH: "/nowhere" }),
    );
    expect(message).toBe("there is no ssh on this machine");
  });
});
