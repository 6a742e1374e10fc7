import { resolve } from "node:path";
import { JSON_LENGTH_MAX } from "@evenkeel/contract/limits.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { requestOfFlavor, resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { readFileStart, readFileText } from "@evenkeel/host/file/read-file.ts";
import type { StartOptions } from "@evenkeel/host/hypervisor/hypervisor.ts";
import { readPlatformDevices } from "@evenkeel/host/hypervisor/libvirt/platform-devices.ts";
import type { VmToStart } from "@evenkeel/host/vm/decide.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import { readAsked, readPlan } from "../../input/read-documents.ts";
import { readProfiles } from "../../input/read-profiles.ts";
import { readPolicies } from "../../input/read-policy.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import type { RunFlags } from "./flags.ts";

/** Reads what the command line asks to start. Errors: `usage`, and those of the files. */
export async function readVmToStart(
  flags: RunFlags,
  path: string,
  surroundings: Surroundings,
): Promise<VmToStart> {
  const { flavor, profile, policy, plan, via } = flags;
  const options = startOptions(flags);
  refuseTwoStdins([path, ...flavor, ...profile, policy ?? "", plan ?? ""]);
  const { vm, flavors } = await readAsked(path, flavor, surroundings);
  const profiles = await readProfiles(profile, surroundings);
  const request = resolveRequest(vm, flavors, profiles);
  return {
    request,
    plan: plan === undefined ? null : await planOf(request, plan, surroundings),
    flavors: flavors.map((sold) => requestOfFlavor(sold, profiles)),
    policy: (await readPolicies(policy, surroundings)).here,
    via,
    options,
    acceptsUnknown: flags["accept-unknown"],
  };
}

async function planOf(request: Request, path: string, surroundings: Surroundings): Promise<Plan> {
  const { plan, where } = await readPlan(path, surroundings);
  if (plan.vm === request.name && plan.tenant === request.tenant) return plan;
  throw new EvenkeelError("usage", `it is a plan for ${plan.vm}`, {
    where,
    expected: `a plan for ${request.name}`,
    remedy: "place this VM, or name the file of the other",
  });
}

/** What the VM starts from, apart from its plan. Paths are absolute, for the hypervisor. */
function startOptions(flags: RunFlags): StartOptions {
  const { emulated, firmware, via, kernel, initrd, append } = flags;
  if (kernel === undefined && (initrd ?? append) !== undefined) {
    throw new EvenkeelError("usage", "--initrd and --append need a kernel", {
      expected: "--kernel FILE as well",
      remedy: "add --kernel /boot/vmlinuz, for example",
    });
  }
  if (via === "qemu" && flags.with !== undefined) {
    throw new EvenkeelError("usage", "--with names devices in the form of libvirt", {
      expected: "--via libvirt as well",
      remedy: "leave out --via qemu, or --with",
    });
  }
  const boot =
    kernel === undefined
      ? undefined
      : {
          kernel: bootFile(kernel, "a kernel"),
          initrd: initrd === undefined ? null : bootFile(initrd, "an initial RAM disk"),
          append: append ?? null,
        };
  return { emulated, firmware, boot, devices: devicesOf(flags.with) };
}

/** Checks that a file is there: the hypervisor would notice later, and report it less clearly. */
function bootFile(path: string, expected: string): string {
  readFileStart(path, 1, { maxBytes: GiB, expected });
  return resolve(path);
}

function devicesOf(path: string | undefined): StartOptions["devices"] {
  if (path === undefined) return [];
  const expected = "libvirt's device elements";
  const demand = { maxBytes: JSON_LENGTH_MAX, expected, pipes: true };
  return readPlatformDevices(readFileText(path, demand), path);
}
