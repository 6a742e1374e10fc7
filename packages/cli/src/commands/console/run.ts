import { readConsole } from "@evenkeel/host/vm/serial.ts";
import type { CliContext } from "../../command/context.ts";
import { recordedHost } from "../../input/vm-host.ts";
import type { ConsoleFlags } from "./flags.ts";

export async function runConsole(
  this: CliContext,
  { state }: ConsoleFlags,
  vm: string,
): Promise<void> {
  const text = await readConsole(vm, recordedHost(state, this.surroundings));
  this.surroundings.stdout.write(text.replaceAll("\r\n", "\n"));
}
