import type { ContractDevice, GuestContract } from "../../contract/contract.ts";
import { attribute } from "../../../xml/element.ts";
import type { FileFunction, NcclFile } from "./file.ts";
import { deviceName, type Report } from "./finding.ts";

/** A device of the guest with its place in the file. */
export interface Placed {
  readonly device: ContractDevice;
  readonly at: FileFunction;
}

/**
 * The guest's devices that are in the file at their addresses, and a finding for every other and
 * for everything that is no device of the guest's. Where one device of a kind is missing and one is
 * too many, the address is what is wrong.
 */
export function matchDevices(
  { devices }: GuestContract,
  file: NcclFile,
  report: Report,
): readonly Placed[] {
  const promised = devices.filter(({ kind }) => kind !== "companion");
  const byAddress = uniqueFunctions(file, report);
  const placed = promised.flatMap((device) => {
    const at = byAddress.get(device.address);
    return at === undefined || at.kind === "bridge" ? [] : [{ device, at }];
  });
  for (const { device, at } of placed) {
    if (at.kind === device.kind || at.kind === "other") continue;
    const remedy = `mark it as <${device.kind === "nic" ? "nic" : "gpu"}>`;
    report("nccl-device-kind", deviceName(device), device.kind, at.kind, remedy);
  }
  const known = new Set(devices.map(({ address }) => address));
  const found = new Set(placed.map(({ device }) => device));
  reportStrays(
    promised.filter((device) => !found.has(device)),
    [...byAddress.values()].filter(
      ({ kind, address }) =>
        (kind === "accelerator" || kind === "nic") && !known.has(address ?? ""),
    ),
    report,
  );
  return placed;
}

/** The first function of every address. */
function uniqueFunctions({ functions }: NcclFile, report: Report): Map<string, FileFunction> {
  const byAddress = new Map<string, FileFunction>();
  for (const own of functions) {
    const { busid, address, kind, element } = own;
    if (kind === "bridge" && attribute(element, "class") === null) {
      const subject = `the bridge ${busid ?? "without an address"}`;
      report("nccl-class-missing", subject, "0x060400", "none", 'write class="0x060400"');
    }
    if (address === null) {
      const found = busid === null ? "none" : JSON.stringify(busid.slice(0, 40));
      const remedy = "write the guest's address, as lspci -D there has it";
      report(
        "nccl-address-malformed",
        `a ${kind}`,
        "an address such as 0000:ff:00.0",
        found,
        remedy,
      );
    } else if (byAddress.has(address)) {
      const remedy = "keep one; bridges that the guest does not have may have any other address";
      report(
        "nccl-address-duplicate",
        address,
        "one function",
        "another with that address",
        remedy,
      );
    } else {
      byAddress.set(address, own);
    }
  }
  return byAddress;
}

function reportStrays(
  missing: readonly ContractDevice[],
  extra: readonly FileFunction[],
  report: Report,
): void {
  const onHost = new Map(missing.map((device) => [device.hostAddress, device]));
  const fromHost = extra.flatMap((own) => onHost.get(own.address ?? "") ?? []);
  for (const device of fromHost) {
    const remedy = `write ${device.address}: NCCL runs in the guest and looks there`;
    report("nccl-address-host", deviceName(device), device.address, device.hostAddress, remedy);
  }
  const lost = missing.filter((device) => !fromHost.includes(device));
  const odd = extra.filter(({ address }) => !fromHost.some((d) => d.hostAddress === address));
  for (const kind of ["accelerator", "nic"] as const) {
    const [device, ...devices] = lost.filter((each) => each.kind === kind);
    const [own, ...others] = odd.filter((each) => each.kind === kind);
    const one = devices.length === 0 && others.length === 0;
    if (device !== undefined && own !== undefined && one) {
      const [promised, found] = [device.address, own.address ?? ""];
      report("nccl-address-wrong", deviceName(device), promised, found, `write ${promised}`);
      continue;
    }
    for (const each of device === undefined ? [] : [device, ...devices]) {
      const remedy = "add it, or render the file anew";
      report("nccl-device-missing", deviceName(each), each.address, "nothing", remedy);
    }
    for (const each of own === undefined ? [] : [own, ...others]) {
      const address = each.address ?? "";
      report("nccl-device-extra", `${kind} ${address}`, "nothing", address, "remove it");
    }
  }
}
