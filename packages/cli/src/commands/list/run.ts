import { refuseDamaged } from "@evenkeel/host/state/state-folder.ts";
import { listVms } from "@evenkeel/host/vm/list.ts";
import type { CliContext } from "../../command/context.ts";
import { recordedHost } from "../../input/vm-host.ts";
import { instancesText } from "../../text/instances-text.ts";
import { jsonText } from "../../text/json-text.ts";
import type { ListFlags } from "./flags.ts";

export async function runList(this: CliContext, { state, wide, output }: ListFlags): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const found = await listVms(recordedHost(state, surroundings));
  const { damaged, ...shown } = found;
  const list = { apiVersion: "evenkeel/v1", kind: "InstanceList", ...shown };
  const text =
    output === "json"
      ? jsonText(list)
      : instancesText(found, { width, paint, wide, terminal: surroundings.stdout.isTTY });
  surroundings.stdout.write(text);
  refuseDamaged({ damaged });
}
