import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { hasNone } from "../../subject/own-devices.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * A device that may ask for 512 bytes at once needs eight times as many requests in flight as one
 * that may ask for 4096, and a fast NIC runs out of them (github.com/corundum/corundum/issues/47).
 * 512 is what most firmware sets, and no fault: it needs a twin with more.
 * PCI Express Base Specification 6.0, 7.5.3.4 (Max_Read_Request_Size)
 */
export const readRequestsSmall: Cause = {
  code: "read-requests-small",
  layer: "fabric",
  looksFor: "a device may ask for less memory in one request than the twin's",
  observable: "devices[].maxReadBytes",
  readFrom: "/sys/bus/pci/devices/*/config as root (lspci -vvv: DevCtl MaxReadReq)",
  acquittedBy: "requests as large as the twin's",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null || subject.evidence.of === "machine" || hasNone(subject)) return irrelevant;
    const [own, other] = [smallest(subject), smallest(twin)];
    if (own === null || other === null) {
      return untold("the devices' configuration space was not read of both, which takes root");
    }
    if (own.bytes >= other.bytes) return acquitted(`requests of ${own.bytes} bytes`);
    return accused({
      about: own.address,
      expected: `requests of up to ${other.bytes} bytes, as the other's`,
      found: `up to ${own.bytes} bytes`,
      evidence: [`${own.address}: MaxReadReq ${own.bytes} bytes; on the other: ${other.bytes}`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "live",
        "Set both alike in the firmware's settings or by setpci; vendors of NICs advise 4096 bytes.",
      ),
    });
  },
};

/** The device with the smallest requests; null where those of one were not read. */
function smallest({ evidence: { devices } }: Subject): Request | null {
  const known = devices.flatMap(({ address, maxReadBytes }) =>
    maxReadBytes === null ? [] : [{ address, bytes: maxReadBytes }],
  );
  if (known.length === 0 || known.length < devices.length) return null;
  return known.reduce((least, one) => (one.bytes < least.bytes ? one : least));
}

interface Request {
  readonly address: string;
  readonly bytes: number;
}
