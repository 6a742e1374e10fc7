import { prepare } from "@evenkeel/core/prepare/prepare.ts";
import type { HostSetting } from "@evenkeel/core/prepare/setting.ts";
import { requestOfFlavor, resolveRequest } from "@evenkeel/core/request/resolve.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readSetting, settingOfTopology, type Via } from "@evenkeel/host/prepare/read-setting.ts";
import { openRecording } from "@evenkeel/host/source/read-recording.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import { flavorCount } from "../../input/flavor-count.ts";
import { readFlavorsAndVms } from "../../input/read-documents.ts";
import { readPolicies } from "../../input/read-policy.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { readTopology } from "../../input/read-topology.ts";
import { localHost } from "../../input/vm-host.ts";
import { jsonText } from "../../text/json-text.ts";
import { preparationText } from "../../text/preparation-text.ts";
import type { PrepareFlags } from "./flags.ts";

export async function runPrepare(
  this: CliContext,
  flags: PrepareFlags,
  ...paths: readonly string[]
): Promise<void> {
  const { surroundings, columns: width, paint } = this;
  const { on, policy, via } = flags;
  refuseTwoStdins([...paths, on, policy ?? ""]);
  const { flavors, vms } = await readFlavorsAndVms(paths, surroundings);
  const requests = flavors.map(requestOfFlavor);
  const counted = flags.vms.map((text) => flavorCount(text, "--vms", requests));
  const asked = {
    flavors: requests.filter((one) => !counted.some(({ flavor }) => flavor === one)),
    together: [
      ...vms.map((vm) => ({ request: resolveRequest(vm, flavors), vms: 1 })),
      ...counted.map(({ flavor, count }) => ({ request: flavor, vms: count })),
    ],
  };
  const policies = await readPolicies(policy, surroundings);
  const hostPolicy = on === "live" ? policies.here : policies.elsewhere;
  const topology = await readTopology(on, surroundings);
  const { libvirtUri } = localHost(surroundings);
  const setting = await settingOn(on, topology, { via, libvirtUri }, surroundings);
  const preparation = prepare(topology, hostPolicy, asked, setting, via);
  if (preparation.prepared === false) this.finish(exitStatus.no);
  else if (preparation.prepared === null) this.finish(exitStatus.unknown);
  const json = flags.output === "json";
  surroundings.stdout.write(
    json ? jsonText(preparation) : preparationText(preparation, { width, paint }),
  );
}

/** How a machine is set: this machine and recordings tell it, other sources do not. */
async function settingOn(
  source: string,
  topology: Topology,
  via: Via,
  surroundings: Surroundings,
): Promise<HostSetting> {
  if (source === "live") return readSetting(localHost(surroundings).tree(), topology, via);
  const [, recording] = /^sysfs:(.+)$/s.exec(source) ?? [];
  if (recording === undefined) return settingOfTopology(topology);
  return readSetting((await openRecording(recording)).tree, topology, via);
}
