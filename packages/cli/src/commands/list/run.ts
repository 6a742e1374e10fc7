import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { hypervisorOf } from "@evenkeel/host/instance/hypervisor-of.ts";
import { readDomains } from "@evenkeel/host/hypervisor/libvirt/domains.ts";
import { libvirtUri } from "@evenkeel/host/hypervisor/libvirt/virsh.ts";
import { recover } from "@evenkeel/host/instance/recover.ts";
import { refuseDamaged, type StateFolder } from "@evenkeel/host/state/state-folder.ts";
import type { CliContext } from "../../command/context.ts";
import { instancesText, type ListedVm } from "../../text/instances-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { recoveredText } from "../../text/recovered-text.ts";
import { notesText } from "../../text/notes-text.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import { openVmState } from "../../input/vm-state.ts";
import type { ListFlags } from "./flags.ts";

export async function runList(
  this: CliContext,
  { state: folder, output }: ListFlags,
): Promise<void> {
  const { surroundings } = this;
  const state = await openVmState(folder, surroundings);
  surroundings.stderr.write(recoveredText(await state.alone(() => recover(state))));
  const found = state.read();
  const vms: ListedVm[] = [];
  for (const instance of found.instances) {
    vms.push({ name: instance.name, ...(await stateNow(instance, state, surroundings)), instance });
  }
  const known = new Set(found.instances.map(({ uuid }) => uuid));
  const domains = (await readDomains(libvirtUri(surroundings.env), known)) ?? [];
  for (const { name, running, known: isOurs } of domains) {
    if (!isOurs) vms.push({ name, state: running ? "running" : "off", pid: null, instance: null });
  }
  const view = { width: this.columns, paint: this.paint };
  const list = { apiVersion: "evenkeel/v1", kind: "InstanceList", vms };
  surroundings.stdout.write(output === "json" ? jsonText(list) : instancesText(vms, view));
  refuseDamaged(found);
}

/** A libvirt that does not answer hides no VM. */
async function stateNow(
  instance: Instance,
  { paths }: StateFolder,
  { stderr }: Surroundings,
): Promise<Pick<ListedVm, "state" | "pid">> {
  try {
    return await hypervisorOf(instance, paths).state(instance);
  } catch (error) {
    if (!(error instanceof EvenkeelError)) throw error;
    stderr.write(notesText([`${instance.name}: ${error.message}`]));
    return { state: "unknown", pid: null };
  }
}
