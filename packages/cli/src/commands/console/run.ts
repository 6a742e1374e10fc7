import { readConsole } from "@evenkeel/host/vm/serial.ts";
import type { CliContext } from "../../command/context.ts";
import { recordedHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import type { ConsoleFlags } from "./flags.ts";

export async function runConsole(
  this: CliContext,
  { state, output }: ConsoleFlags,
  vm: string,
): Promise<void> {
  const text = await readConsole(vm, recordedHost(state, this.surroundings));
  const told = output === "json" ? jsonText({ vm, text }) : text.replaceAll("\r\n", "\n");
  this.surroundings.stdout.write(told);
}
