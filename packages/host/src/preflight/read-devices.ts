import type { DeviceFacts } from "@evenkeel/core/preflight/facts.ts";
import { functionsOf, type Plan } from "@evenkeel/core/plan/plan.ts";
import type { OpenFiles } from "../procfs/open-files.ts";
import { pciDirectory, readIommuGroup } from "../sysfs/pci.ts";
import { linkName, readLine } from "../sysfs/values.ts";
import type { Tree } from "../tree/tree.ts";
import { diskUsers } from "./disk-users.ts";

/** The processes that have a device's file open, by file. */
type Users = ReadonlyMap<string, readonly number[]>;

const deviceFile = /^\/dev\/(?:vfio\/|dri\/|nvidia\d)/;

function deviceUsers(open: OpenFiles): Users {
  const users = new Map<string, number[]>();
  for (const [pid, files] of [...open].toSorted(([a], [b]) => a - b)) {
    for (const file of new Set(files.filter((path) => deviceFile.test(path)))) {
      const pids = users.get(file) ?? [];
      pids.push(pid);
      users.set(file, pids);
    }
  }
  return users;
}

/**
 * Reads every function of the plan and the other functions of their IOMMU groups, with their users.
 *
 * @param open the open files of all processes.
 */
export function readDevices(
  tree: Tree,
  { devices }: Plan,
  open: OpenFiles,
): readonly DeviceFacts[] {
  if (devices.length === 0) return [];
  const users = deviceUsers(open);
  const own = devices.flatMap(functionsOf);
  const all = own.flatMap((address) => [address, ...membersOf(tree, address)]);
  return [...new Set(all)].toSorted().map((address) => deviceFacts(tree, address, users));
}

function membersOf(tree: Tree, address: string): readonly string[] {
  return tree.list(`${pciDirectory}/${address}/iommu_group/devices`);
}

function deviceFacts(tree: Tree, address: string, open: Users): DeviceFacts {
  const path = `${pciDirectory}/${address}`;
  const present = tree.realPath(path) !== null;
  const driver = linkName(tree, `${path}/driver`);
  const iommuGroup = readIommuGroup(tree, path);
  return {
    address,
    present,
    bridge: (readLine(tree, `${path}/class`) ?? "").startsWith("0x06"),
    driver,
    iommuGroup,
    groupMembers: membersOf(tree, address),
    users: present ? usersOf(tree, path, address, iommuGroup, open) : [],
  };
}

/** The host's uses of a function, as sentences. */
function usersOf(
  tree: Tree,
  path: string,
  address: string,
  group: number | null,
  open: Users,
): readonly string[] {
  const files = [
    ...(group === null ? [] : [`/dev/vfio/${group}`]),
    ...tree.list(`${path}/vfio-dev`).map((name) => `/dev/vfio/devices/${name}`),
    ...tree.list(`${path}/drm`).map((name) => `/dev/dri/${name}`),
    ...nvidiaFiles(tree, address),
  ];
  const holders = files.flatMap((file) => {
    const by = open.get(file) ?? [];
    return by.length === 0 ? [] : [`${file} is open in process ${by.slice(0, 4).join(", ")}`];
  });
  return [...networkUsers(tree, path), ...diskUsers(tree, path), ...holders];
}

/** IFF_UP of `enum net_device_flags`: the interface is up. */
const INTERFACE_UP = 1;

function networkUsers(tree: Tree, path: string): readonly string[] {
  return tree.list(`${path}/net`).flatMap((name) => {
    const flags = readLine(tree, `${path}/net/${name}/flags`);
    const isUp = flags !== null && (Number(flags) & INTERFACE_UP) !== 0;
    return isUp ? [`network interface ${name} is up`] : [];
  });
}

/** `Device Minor: 3` is /dev/nvidia3. */
function nvidiaFiles(tree: Tree, address: string): readonly string[] {
  const text = tree.readText(`/proc/driver/nvidia/gpus/${address}/information`) ?? "";
  const minor = /^Device Minor:\s*(\d{1,4})$/m.exec(text)?.[1];
  return minor === undefined ? [] : [`/dev/nvidia${minor}`];
}
