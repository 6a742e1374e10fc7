import { recover } from "@evenkeel/host/instance/recover.ts";
import { stopInstance } from "@evenkeel/host/instance/stop.ts";
import type { CliContext } from "../../command/context.ts";
import { exitStatus } from "../../command/exit-status.ts";
import { recoveredText } from "../../text/recovered-text.ts";
import { instanceNamed } from "@evenkeel/host/vm/named.ts";
import { openVmState, tellDamaged } from "../../input/vm-state.ts";
import { vmLock } from "../../../../host/src/vm/lock.ts";
import type { StopFlags } from "./flags.ts";

export async function runStop(this: CliContext, flags: StopFlags, name: string): Promise<void> {
  const { surroundings } = this;
  const state = await openVmState(flags.state, surroundings);
  const begun = await state.alone(async () => {
    const recovered = await recover(state);
    surroundings.stderr.write(recoveredText(recovered));
    const cut = recovered.find(
      ({ instance }) => instance.name === name || instance.plan.vm === name,
    );
    if (cut?.failure != null) throw cut.failure;
    if (cut !== undefined) return null;
    const found = state.read();
    tellDamaged(found, surroundings);
    const instance = instanceNamed(name, found.instances);
    return { instance, lock: await vmLock(state, instance.name) };
  });
  if (begun === null) {
    surroundings.stdout.write(`${name} is stopped\n`);
    return;
  }
  const { instance, lock } = begun;
  const options = { timeoutMs: flags.timeout * 1000, force: flags.force };
  const outcome = await stopInstance(instance, lock, options, state);
  if (outcome === "refused") {
    this.finish(exitStatus.no);
    surroundings.stdout.write(
      `${instance.name} did not shut down within ${flags.timeout} s, and still runs\n` +
        `evenkeel stop ${instance.name} --timeout 0 --force ends it\n`,
    );
    return;
  }
  const how = outcome === "forced" ? "did not shut down in time and was ended" : "is stopped";
  surroundings.stdout.write(`${instance.name} ${how}\n`);
}
