import type { HostPolicy } from "../request/host-policy.ts";
import { formatList } from "../set/list-format.ts";
import type { Topology } from "../topology/topology.ts";
import { bootLine } from "./boot-line.ts";
import { isolatedCpus, isolationNeeds, keptCpus } from "./cpus.ts";
import { deviceNeeds, givenDevices } from "./devices.ts";
import { pageNeeds, pagesTaken } from "./pages.ts";
import type { Need, Preparation, PromisedRoom } from "./preparation.ts";
import { programNeeds, type Runner } from "./programs.ts";
import { advice } from "../remedy/remedy.ts";
import { type Asked, type Rooms, roomsOf } from "./room.ts";
import type { HostSetting } from "./setting.ts";

/**
 * Works out what a machine needs so that it has room for VMs of some flavors, and which of it is
 * there.
 *
 * First the empty machine is filled with the VMs of each flavor, as if all its memory could be set
 * as they need it (`room.ts`). Their plans then say everything: the pages on each node, the devices
 * to give away, the CPUs to keep free. So the numbers are those of placement, and a machine that is
 * given all of it has the room that is promised. What is there is compared by its effect (pages in
 * a pool, a device's driver, CPUs that are isolated), not by the words that brought it about.
 *
 * A fact that nobody told is unknown and never taken for missing.
 *
 * @param setting what is known of how the machine is set.
 * @param runner what is to run the VMs.
 */
export function prepare(
  topology: Topology,
  policy: HostPolicy,
  asked: Asked,
  setting: HostSetting,
  runner: Runner,
): Preparation {
  const asSet = (rooms: Rooms): Preparation => compared(rooms, topology, policy, setting, runner);
  // Placement prefers devices that have vfio-pci, so that what is asked for would change with what
  // is there. It counts only where it says that all is there: others serve as well.
  if (topology.pci.some(({ driver }) => driver === "vfio-pci")) {
    const preferred = asSet(roomsOf(topology, policy, asked));
    if (preferred.prepared === true) return preferred;
  }
  const pci = topology.pci.map((one) => ({ ...one, driver: null }));
  return asSet(roomsOf({ ...topology, pci }, policy, asked));
}

function compared(
  { room, plans, memory }: Rooms,
  topology: Topology,
  policy: HostPolicy,
  setting: HostSetting,
  runner: Runner,
): Preparation {
  const given = givenDevices(topology, plans);
  const pages = pagesTaken(topology, memory);
  const isolated = isolatedCpus(topology, policy, plans);
  const needs = [
    ...room.flatMap(roomNeeds),
    ...deviceNeeds(topology, given, setting),
    ...pageNeeds(topology, policy, memory, setting),
    ...isolationNeeds(isolated, setting),
    ...programNeeds(topology, plans, memory.sizes, runner, setting),
  ];
  return {
    apiVersion: "evenkeel/v1",
    kind: "Preparation",
    host: topology.name,
    prepared: isPrepared(needs),
    room,
    keeps: {
      cpus: formatList(keptCpus(topology, policy)),
      memoryPerNodeBytes: policy.reserved.memoryPerNodeBytes,
    },
    boot: bootLine(topology, { given, pages, isolated }, setting),
    needs,
  };
}

/** What is missing decides, then what nobody told. */
function isPrepared(needs: readonly Need[]): boolean | null {
  const states = new Set(needs.flatMap(({ required, state }) => (required ? state : [])));
  if (states.has("missing")) return false;
  return states.has("unknown") ? null : true;
}

/** A flavor that has no room, or fewer than wanted, even on the machine as it could be set. */
function roomNeeds({ flavor, vms, wanted, reason, untold }: PromisedRoom): readonly Need[] {
  const common = {
    code: "room",
    required: true,
    subject: flavor,
    needs: wanted === null ? "room for a VM" : `room for ${wanted}`,
  } as const;
  if (untold.length > 0) {
    const tells = untold.map(({ message }) => message).join(" ");
    return [{ ...common, state: "unknown", has: null, remedy: null, tells }];
  }
  if (reason === null) return [];
  const remedy = advice(
    null,
    "Ask for less, or keep less for the host: evenkeel place says what each would change.",
  );
  return [{ ...common, state: "missing", has: `${vms}. ${reason}`, remedy, tells: null }];
}
