import { shellLine } from "@evenkeel/core/text/shell.ts";
import { stopVm } from "@evenkeel/host/vm/stop.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { vmHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import type { StopFlags } from "./flags.ts";

export async function runStop(
  this: CliContext,
  { timeout, force, state, output }: StopFlags,
  vm: string,
): Promise<void> {
  const host = await vmHost(state, this.surroundings);
  const { kind, name } = await stopVm(vm, { timeoutMs: timeout * 1000, force }, host);
  if (kind === "still-running") this.finish(exitStatus.no);
  const sentence = {
    stopped: `${name} is stopped`,
    forced: `${name} did not shut down in time and was ended`,
    "still-running":
      `${name} did not shut down within ${timeout} s, and still runs\n` +
      `${shellLine(["evenkeel", "stop", name, "--timeout", "0", "--force"])} ends it`,
  }[kind];
  const text = output === "json" ? jsonText({ vm: name, outcome: kind }) : `${sentence}\n`;
  this.surroundings.stdout.write(text);
}
