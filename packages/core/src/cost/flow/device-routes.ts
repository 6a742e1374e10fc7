import type { Calibration, Measured } from "../../calibration/calibration.ts";
import { bridgesAbove } from "../../topology/interconnect.ts";
import type { Accelerator, PciDevice, PcieLink, Topology } from "../../topology/topology.ts";
import { at, valueOf } from "../../unit/list.ts";
import { c2cFigures, hasC2c, laneFigure, pcieFigure } from "./published.ts";
import { type Figure, type Resource, resourceOf } from "./resource.ts";

/**
 * The resources between devices and the nodes they hang on, in each direction: the device's own
 * link, the uplink of every switch above it, and direct links between accelerators.
 *
 * Above a device lie a switch's downstream port, its upstream port, and so on, up to a root port. A
 * port's link is the one below it, but for an upstream port, whose link is the one above: the
 * uplink, which everything below the switch shares. So every second bridge has an uplink.
 */
export interface DeviceRoutes {
  /** The node that a device hangs on; null where it is unknown. */
  readonly home: (device: string) => number | null;
  /** From the home to the device, and back. */
  readonly down: (device: string) => readonly (number | null)[];
  readonly up: (device: string) => readonly (number | null)[];
  /** What a measured copy between a node and a device shows beyond the rest of its path. */
  readonly limit: (
    device: string,
    node: number,
    direction: "to-device" | "from-device",
  ) => readonly number[];
  readonly between: (from: string, to: string) => readonly DeviceHop[];
}

/** A resource, a way between two nodes, or null for a part that nobody told. */
export type DeviceHop = number | null | { readonly from: number; readonly to: number };

export function deviceRoutes(
  topology: Topology,
  calibration: Calibration | null,
  positionOf: (resource: Resource) => number,
): DeviceRoutes {
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const places = new Map(
    [...topology.accelerators, ...topology.nics].map(({ address }) => [
      address,
      placeOf(topology, calibration, byAddress, address, positionOf),
    ]),
  );
  const direct = directLinks(topology, calibration, positionOf);
  const limits = copyLimits(topology, calibration, places, positionOf);
  const place = (device: string): Place => valueOf(places, device);
  return {
    home: (device) => place(device).home,
    down: (device) => [...place(device).switches.map(({ down }) => down), place(device).to],
    up: (device) => [place(device).from, ...place(device).switches.map(({ up }) => up)],
    limit: (device, node, direction) => limits.get(`${direction} ${device} ${node}`) ?? [],
    between: (from, to) => direct.get(`${from} ${to}`) ?? overPci(place(from), place(to)),
  };
}

interface Place {
  readonly address: string;
  readonly home: number | null;
  readonly root: string | null;
  readonly to: number | null;
  readonly from: number | null;
  /** The switches above it, nearest first. */
  readonly switches: readonly Uplink[];
}

interface Uplink {
  readonly bridge: string;
  readonly up: number;
  readonly down: number;
  /** Whether two devices below it reach each other only through the root complex. */
  readonly redirects: boolean;
}

function placeOf(
  topology: Topology,
  calibration: Calibration | null,
  byAddress: ReadonlyMap<string, PciDevice>,
  address: string,
  positionOf: (resource: Resource) => number,
): Place {
  const own = byAddress.get(address);
  // A virtual function shares its card's link.
  const device = byAddress.get(own?.physicalFunction ?? address) ?? own;
  if (device === undefined) {
    return { address, home: null, root: null, to: null, from: null, switches: [] };
  }
  const accelerator = topology.accelerators.find((one) => one.address === address);
  const bridges = bridgesAbove(device, byAddress).map((bridge) => valueOf(byAddress, bridge));
  const figures = linkFigures(calibration, device, accelerator, bridges[0], topology);
  const name = isC2c(accelerator) ? "NVLink-C2C" : "PCIe link";
  const link = (direction: "to" | "from"): number =>
    positionOf(
      resourceOf(`${name} ${direction} ${device.address}`, "device-link", figures[direction]),
    );
  const only = topology.nodes.length === 1 ? topology.nodes[0] : undefined;
  const node = own?.node ?? device.node;
  return {
    address,
    home: node !== null ? node : only === undefined ? null : only.id,
    root: device.root,
    to: link("to"),
    from: link("from"),
    // Grace reaches its own GPU without PCI Express.
    switches: isC2c(accelerator) ? [] : uplinksOf(bridges, positionOf),
  };
}

function uplinksOf(
  bridges: readonly PciDevice[],
  positionOf: (resource: Resource) => number,
): readonly Uplink[] {
  return bridges.flatMap((bridge, i) => {
    if (i % 2 === 0) return [];
    const figure = pcieFigure(bridge.link) ?? pcieFigure(bridges[i + 1]?.link ?? null);
    const uplink = (direction: string): number =>
      positionOf(
        resourceOf(`uplink of the switch at ${bridge.address}, ${direction}`, "uplink", figure),
      );
    return [
      {
        bridge: bridge.address,
        down: uplink("towards devices"),
        up: uplink("towards the host"),
        redirects: at(bridges, i - 1).acsRedirect === true,
      },
    ];
  });
}

/**
 * The link between a device and the port above it: as fast as both ends can, since the speed at one
 * moment may be that of a GPU that saves power, and as wide as it trained.
 */
function trainedLink(device: PciDevice, port: PciDevice | undefined): PcieLink | null {
  const { link } = device;
  if (link === null) return null;
  const speeds = [link.maxSpeedGTs, port?.link?.maxSpeedGTs ?? null].filter((one) => one !== null);
  return {
    ...link,
    speedGTs: speeds.length === 0 ? link.speedGTs : Math.min(...speeds),
    width: link.width ?? link.maxWidth,
  };
}

function isC2c(accelerator: Accelerator | undefined): boolean {
  return accelerator !== undefined && hasC2c(accelerator);
}

function linkFigures(
  calibration: Calibration | null,
  device: PciDevice,
  accelerator: Accelerator | undefined,
  port: PciDevice | undefined,
  topology: Topology,
): Readonly<Record<"to" | "from", Figure | null>> {
  const pcie = pcieFigure(trainedLink(device, port));
  const otherwise = isC2c(accelerator) ? c2cFigures : { to: pcie, from: pcie };
  const copies = copiesOf(topology, calibration).filter(
    ({ accelerator: address }) => address === accelerator?.address,
  );
  const best = (field: CopyField): Figure | null =>
    copies
      .map((copy) => measuredFigure(calibration, copy[field]))
      .reduce((a, b) => (a === null || (b !== null && b.value > a.value) ? b : a), null);
  return {
    to: best("hostToDeviceBytesPerSecond") ?? otherwise.to,
    from: best("deviceToHostBytesPerSecond") ?? otherwise.from,
  };
}

type CopyField = "hostToDeviceBytesPerSecond" | "deviceToHostBytesPerSecond";

interface Copy extends Readonly<Record<CopyField, Measured | null>> {
  readonly node: number;
  readonly accelerator: string;
}

/**
 * The copies whose accelerator is known, by its address or by the number that its tool gives it.
 */
function copiesOf(topology: Topology, calibration: Calibration | null): readonly Copy[] {
  const byIndex = addressesByIndex(topology);
  return (calibration?.copies ?? []).flatMap((copy) => {
    const { node } = copy;
    const accelerator = copy.accelerator ?? byIndex(copy.index);
    return accelerator === undefined || node === null ? [] : [{ ...copy, node, accelerator }];
  });
}

function addressesByIndex({
  accelerators,
}: Topology): (index: number | null) => string | undefined {
  return (index) =>
    index === null ? undefined : accelerators.find((one) => one.index === index)?.address;
}

function measuredFigure(calibration: Calibration | null, measured: Measured | null): Figure | null {
  if (calibration === null || measured === null || measured.median <= 0) return null;
  const source = `measured on this machine with ${calibration.tool.name}`;
  return { value: measured.median, origin: "calibration", source };
}

/** A copy from a far node that is slower than the device's link has that limit for itself. */
function copyLimits(
  topology: Topology,
  calibration: Calibration | null,
  places: ReadonlyMap<string, Place>,
  positionOf: (resource: Resource) => number,
): ReadonlyMap<string, readonly number[]> {
  const limits = new Map<string, readonly number[]>();
  const copies = copiesOf(topology, calibration);
  for (const [field, direction] of [
    ["hostToDeviceBytesPerSecond", "to-device"],
    ["deviceToHostBytesPerSecond", "from-device"],
  ] as const) {
    for (const copy of copies) {
      const figure = measuredFigure(calibration, copy[field]);
      const all = copies
        .filter(({ accelerator }) => accelerator === copy.accelerator)
        .flatMap((one) => one[field]?.median ?? []);
      if (figure === null || !places.has(copy.accelerator)) continue;
      if (figure.value >= 0.95 * Math.max(...all)) continue;
      const name =
        direction === "to-device"
          ? `copies from node ${copy.node} to ${copy.accelerator}`
          : `copies from ${copy.accelerator} to node ${copy.node}`;
      limits.set(`${direction} ${copy.accelerator} ${copy.node}`, [
        positionOf(resourceOf(name, "node-link", figure)),
      ]);
    }
  }
  return limits;
}

/**
 * Direct links. Where a device has the same lanes to so many others that no chip has as many, a
 * switch shares them: then a link out of each device and one into it are the resources. Otherwise
 * each pair has its own.
 */
function directLinks(
  topology: Topology,
  calibration: Calibration | null,
  positionOf: (resource: Resource) => number,
): ReadonlyMap<string, readonly number[]> {
  const names = { nvlink: "NVLink", xgmi: "XGMI", xelink: "Xe Link" } as const;
  const byIndex = addressesByIndex(topology);
  const measured = new Map(
    (calibration?.peers ?? []).map((peer) => [
      `${peer.from ?? byIndex(peer.fromIndex)} ${peer.to ?? byIndex(peer.toIndex)}`,
      measuredFigure(calibration, peer.bytesPerSecond),
    ]),
  );
  const found = new Map<string, readonly number[]>();
  for (const link of topology.links) {
    const { kind, lanes } = link;
    for (const [from, to] of [
      [link.a, link.b],
      [link.b, link.a],
    ] as const) {
      const model = topology.accelerators.find(({ address }) => address === from)?.model ?? null;
      const lane = laneFigure(kind, model);
      const modelled =
        lane === null || lanes === null ? null : { ...lane, value: lane.value * lanes };
      const figure = measured.get(`${from} ${to}`) ?? modelled;
      const resource = (name: string): number =>
        positionOf(resourceOf(`${names[kind]} ${name}`, "peer-link", figure));
      found.set(
        `${from} ${to}`,
        isSwitched(topology, from)
          ? [resource(`out of ${from}`), resource(`into ${to}`)]
          : [resource(`from ${from} to ${to}`)],
      );
    }
  }
  return found;
}

/** The most NVLink lanes of any chip so far. */
const lanesMost = 18;

function isSwitched({ links }: Topology, device: string): boolean {
  const own = links.filter(({ a, b }) => a === device || b === device);
  const lanes = own.flatMap((link) => link.lanes ?? []);
  return lanes.reduce((all, one) => all + one, 0) > lanesMost;
}

/** Over PCI Express: up to the nearest switch above both, or across the host. */
function overPci(from: Place, to: Place): readonly DeviceHop[] {
  if (from.to === null || to.to === null) return [null];
  const meeting = from.switches.findIndex(
    ({ bridge, redirects }) =>
      !redirects && to.switches.some((other) => other.bridge === bridge && !other.redirects),
  );
  const common = from.switches[meeting]?.bridge;
  const below = (place: Place): readonly Uplink[] =>
    common === undefined
      ? place.switches
      : place.switches.slice(
          0,
          place.switches.findIndex(({ bridge }) => bridge === common),
        );
  const across: readonly DeviceHop[] =
    common !== undefined || from.root === to.root
      ? []
      : from.home === null || to.home === null
        ? [null]
        : from.home === to.home
          ? []
          : [{ from: from.home, to: to.home }];
  return [
    from.from,
    ...below(from).map(({ up }) => up),
    ...across,
    ...below(to).map(({ down }) => down),
    to.to,
  ];
}
