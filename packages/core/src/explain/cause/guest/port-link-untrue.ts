import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import {
  least,
  type LinkLimit,
  linkOnHost,
  portsAbove,
  shownLink,
} from "../../subject/guest-ports.ts";
import { type GuestView, guestViewOf, passedDevices } from "../../subject/guest-view.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/** An accelerator, what its link can be, and what the port above it says. */
interface Behind {
  readonly address: string;
  readonly real: LinkLimit;
  readonly port: LinkLimit;
}

/**
 * A port of the guest that says less of its link than the device behind it has. The driver takes
 * the slower of the two for the link and sizes its copy engines by it, which costs about half of
 * what host and GPU exchange in both directions at once
 * (https://github.com/NVIDIA/open-gpu-kernel-modules/discussions/1407). QEMU's root port says
 * 16 GT/s unless told (x-speed), and its switch xio3130 2.5 GT/s x1. A port that says more than the
 * device harms nothing, and what a link runs at now says nothing: idle GPUs go down to 2.5 GT/s.
 */
export const portLinkUntrue: Cause = {
  code: "port-link-untrue",
  layer: "guest",
  looksFor: "a port of the guest says that its link is slower than the accelerator's behind it",
  observable: "guest.ports[].link, or shapes[].devices[].portSpeedGTs and portWidth",
  readFrom: "max_link_speed and max_link_width of the guest's bridges; x-speed and x-width in QEMU",
  acquittedBy: "ports as fast and wide as the devices' links on the host, or more",
  followsFrom: [],
  judge: (subject) => {
    const view = guestViewOf(subject.evidence);
    if (view === null) return irrelevant;
    const behind =
      view.report?.ports === null || view.report === null
        ? byShapes(subject)
        : byReport(subject, view);
    if (behind === null) return untold("the links of the guest's ports were not read");
    if (behind.length === 0) return irrelevant;
    const known = behind.filter(({ port, real }) => isTold(port) && isTold(real));
    const slow = known.filter(
      ({ real, port }) => isLess(port.speedGTs, real.speedGTs) || isLess(port.width, real.width),
    );
    const [first] = slow;
    if (first === undefined) {
      return known.length < behind.length
        ? untold("not every accelerator, or port above one, told of its link")
        : acquitted(`${known.map(({ port }) => shownLink(port))[0] ?? ""}, as on the host or more`);
    }
    return accused({
      about: slow.length === 1 ? first.address : `${slow.length} accelerators`,
      expected: `a port of ${shownLink(first.real)}, as on the host`,
      found: `the port above ${first.address} says ${shownLink(first.port)}`,
      evidence: slow.slice(0, 4).map(({ address, port }) => `above ${address}: ${shownLink(port)}`),
      seen: "directly",
      cost: unknownCost,
      remedy: advice(
        "restart",
        "Tell the root port its true link (x-speed and x-width of pcie-root-port; 32 GT/s from QEMU 9.0), without an emulated switch above the accelerator.",
      ),
    });
  },
};

const isLess = (said: number | null, real: number | null): boolean =>
  said !== null && real !== null && said < real;

const isTold = ({ speedGTs, width }: LinkLimit): boolean => speedGTs !== null || width !== null;

function byReport(subject: Subject, view: GuestView): readonly Behind[] | null {
  const { topology } = subject;
  const isHostUnseen = view.isInside || subject.machine?.topology == null;
  const ports = view.report?.ports ?? null;
  const passed = passedDevices(subject, view);
  if (passed === null || ports === null) return null;
  const portsOf = portsAbove(ports);
  return passed
    .filter(({ kind }) => kind === "accelerator")
    .flatMap(({ shown, onHost }): Behind[] => {
      const above = portsOf(shown.address);
      // Right on the root bus there is no port to tell anything.
      if (above.length === 0) return [];
      const port = {
        speedGTs: least(above.map(({ link }) => link?.maxSpeedGTs ?? null)),
        width: least(above.map(({ link }) => link?.maxWidth ?? null)),
      };
      // Without the host nothing tells of its port; but no link runs faster than it can.
      const now = { speedGTs: shown.link?.speedGTs ?? null, width: shown.link?.width ?? null };
      const real = isHostUnseen || topology === null ? now : linkOnHost(onHost, topology);
      return [{ address: shown.address, real, port }];
    });
}

function byShapes({ evidence, topology }: Subject): readonly Behind[] | null {
  const shown = evidence.shapes.flatMap(({ devices }) => devices ?? []);
  if (topology === null || evidence.shapes.every(({ devices }) => devices === null)) return null;
  const { accelerators } = devicesOf(evidence, topology);
  return accelerators.map((address): Behind => {
    const told = shown.filter(({ hostAddress }) => hostAddress === address);
    return {
      address,
      real: linkOnHost(
        topology.pci.filter((one) => one.address === address),
        topology,
      ),
      port: {
        speedGTs: least(told.map(({ portSpeedGTs }) => portSpeedGTs)),
        width: least(told.map(({ portWidth }) => portWidth)),
      },
    };
  });
}
