import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { catalogScenario, fleetScenario } from "@evenkeel/simulate/catalog/scenario.ts";
import { readOpenbNodes } from "@evenkeel/simulate/openb/read-nodes.ts";
import { readOpenbTasks } from "@evenkeel/simulate/openb/read-tasks.ts";
import { openbScenario, withNodes } from "@evenkeel/simulate/openb/scenario.ts";
import type { Scenario } from "@evenkeel/simulate/run/scenario.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { readFileText } from "@evenkeel/host/file/read-file.ts";
import { readTopology } from "../../input/read-topology.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import type { SimulateFlags } from "./flags.ts";
import { wholeNumber } from "./whole-number.ts";

const HOSTS = 40;
/** More hosts would take hours, and show nothing new. */
const HOSTS_MAX = 2000;
const LIST_BYTES_MAX = 64 * MiB;

/**
 * Reads the scenario that the flags name. Errors: `usage`, those of reading files,
 * `trace-malformed`.
 */
export async function readScenario(
  flags: SimulateFlags,
  surroundings: Surroundings,
): Promise<Scenario> {
  const { world: named, hosts, numa } = flags;
  const colon = named.indexOf(":");
  const [kind, rest] = [named.slice(0, Math.max(0, colon)), named.slice(colon + 1)];
  if (kind === "catalog") {
    if (numa) throw misfit("--numa has no effect with the catalog, whose hosts have nodes");
    const count = hosts === undefined ? HOSTS : wholeNumber(hosts, "--hosts", 1, HOSTS_MAX);
    return catalogScenario(await readTopology(`machine:${rest}`, surroundings), count);
  }
  if (kind === "openb") {
    if (hosts !== undefined) throw misfit("--hosts has no effect with openb, whose fleet is given");
    const openb = readOpenb(rest);
    return numa ? withNodes(openb) : openb;
  }
  if (kind === "fleet") {
    if (numa || hosts !== undefined) {
      throw misfit(
        `${numa ? "--numa" : "--hosts"} has no effect with a fleet, whose hosts are given`,
      );
    }
    return readFleetScenario(rest, surroundings);
  }
  throw new EvenkeelError("usage", `there is no world "${named}"`, {
    where: "--world",
    expected: "catalog:NAME, fleet:FILE or openb:DIR",
    remedy: "run evenkeel simulate --help",
  });
}

/** The hosts of a Fleet, without the VMs that are on them. */
async function readFleetScenario(path: string, surroundings: Surroundings): Promise<Scenario> {
  const { readHosts } = await import("../../input/read-hosts.ts");
  const wanted = { on: [], fleet: path, skipUnreadable: false, taken: [], policy: undefined };
  const read = await readHosts({ ...wanted, state: undefined, vm: null }, surroundings);
  if (read.length > HOSTS_MAX) {
    throw misfit(
      `the fleet has ${read.length} hosts, and more than ${HOSTS_MAX} are not simulated`,
    );
  }
  return fleetScenario(path === "-" ? "standard input" : path, read);
}

function readOpenb(named: string): Scenario {
  const hash = named.lastIndexOf("#");
  const [folder, trace] =
    hash < 0 ? [named, "default"] : [named.slice(0, hash), named.slice(hash + 1)];
  if (folder === "" || !/^[A-Za-z0-9_-]{1,40}$/.test(trace)) {
    throw new EvenkeelError("usage", `"openb:${named}" names no trace`, {
      where: "--world",
      expected: "openb:DIR or openb:DIR#NAME, where DIR has openb_pod_list_NAME.csv",
      remedy: "run evenkeel simulate --help",
    });
  }
  const expected = "a list of the published trace, as text";
  const read = <T>(name: string, parse: (text: string, where: string) => T): T => {
    const path = join(folder, name);
    return parse(readFileText(path, { maxBytes: LIST_BYTES_MAX, expected }), path);
  };
  return openbScenario(
    trace,
    read("openb_node_list_gpu_node.csv", readOpenbNodes),
    read(`openb_pod_list_${trace}.csv`, readOpenbTasks),
  );
}

function misfit(message: string): EvenkeelError {
  return new EvenkeelError("usage", message, { remedy: "leave it out" });
}
