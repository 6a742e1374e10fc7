import { randomBytes } from "node:crypto";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { childEnvironment, type Environment } from "../machine/child-environment.ts";
import { type Booted, readBoot } from "../machine/boot.ts";
import { runProcessGroup } from "../machine/process-group.ts";
import { readMachineTree } from "../machine/read-machine-tree.ts";
import { ignore, type Note } from "../text/note.ts";
import { readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import { readAnswer } from "./answer.ts";
import { sshDestination } from "./destination.ts";
import { sshFailure } from "./failure.ts";
import { machineScript } from "./script.ts";

/** How long a machine may take, and how much it may say. */
export interface SshLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * A machine of 448 CPUs and 300 functions says 4 MB in five seconds. What a connection itself may
 * take is less (`ConnectTimeout`).
 */
const usualLimits: SshLimits = { timeoutMs: 90_000, maxBytes: 64 * MiB };

/**
 * The user's own ssh, with the user's configuration, keys and agent; nobody is asked for anything,
 * nothing is forwarded, and a host key that is not known is not accepted unless the user's
 * configuration says so.
 */
const options = [
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
    // A command of the user's configuration would take the place of ours.
    "RemoteCommand=none",
  ].flatMap((option) => ["-o", option]),
];

/**
 * Reads another machine over ssh, as `live` reads this one: the same files and tools, which a small
 * script says there (`script.ts`). Nothing is installed or changed on it.
 *
 * @param rest what stands behind `ssh:` (`destination.ts`).
 *
 * Errors: `source-unknown` for a destination that ssh is not given; `host-unreachable`;
 * `answer-malformed`; those of `readSysfs`.
 */
export async function readSsh(
  rest: string,
  { note = ignore, booted }: { readonly note?: Note; readonly booted?: Booted },
  limits: SshLimits = usualLimits,
  caller: Environment = process.env,
): Promise<Topology> {
  const destination = sshDestination(rest);
  const tree = await sshTree(destination, `ssh:${rest}`, note, limits, caller);
  booted?.(readBoot(tree));
  return readMachineTree(tree, note, readLine(tree, "/proc/sys/kernel/hostname") ?? hostOf(rest));
}

async function sshTree(
  destination: string,
  where: string,
  note: Note,
  limits: SshLimits,
  caller: Environment,
): Promise<Tree> {
  const nonce = randomBytes(16).toString("hex");
  const result = await runProcessGroup("ssh", [...options, "--", destination, "sh -s"], {
    env: environment(caller),
    input: machineScript(nonce),
    ...limits,
    endsWhenFull: true,
    endsWithCaller: true,
  });
  // What was said to the end counts, whatever the login does afterwards.
  const isWhole = result.ended === null && result.stdout.includes(`\nend ${nonce}\n`);
  const failure = isWhole ? null : sshFailure(result, where, limits);
  if (failure !== null) throw failure;
  const { tree, notes } = readAnswer(result.stdout, nonce, where);
  for (const sentence of notes) note(`${where}: ${sentence}`);
  if (tree.realPath("/sys/devices/system/cpu") === null && tree.readText("/proc/cpuinfo") === null)
    throw new EvenkeelError("tree-empty", "the machine shows no /sys and no /proc", {
      where,
      expected: "a machine that runs Linux",
    });
  return tree;
}

/** What ssh needs beside what every program gets: the agent, Kerberos, and who calls. */
function environment(caller: Environment): Record<string, string> {
  const more = ["SSH_AUTH_SOCK", "KRB5CCNAME", "USER", "LOGNAME"].flatMap((name) => {
    const value = caller[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...childEnvironment(caller), ...Object.fromEntries(more) };
}

/** The machine's name in a destination, without user and port. */
function hostOf(rest: string): string {
  const [, host = rest] = /^\/\/(?:[^@]*@)?(.*?)(?::[0-9]+)?\/?$/.exec(rest) ?? [];
  return host.replace(/^[^@]*@/, "");
}
